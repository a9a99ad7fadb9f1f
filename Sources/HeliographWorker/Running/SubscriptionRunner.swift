import Foundation
import HeliographLog
import HeliographModels
import HeliographPostgres
import Logging
import ServiceLifecycle

/// Runs one subscription in this process: session after session, until shutdown.
struct SubscriptionRunner: Sendable {
    let subscription: Subscription
    let log: any WorkerLog
    let configuration: WorkerConfiguration
    let makeWaiter: @Sendable () -> BellWaiter
    let signals: ModelSignals
    let logger: Logger
    /// A name for this process that no other one has.
    private let worker = UUID().uuidString
    private let hangs = Hangs()
    private let exclusivity = Exclusivity()
    private let pulse: SubscriptionPulse
    let counts: OutcomeCounts

    init(
        subscription: Subscription, log: any WorkerLog, configuration: WorkerConfiguration,
        makeWaiter: @escaping @Sendable () -> BellWaiter, signals: ModelSignals, logger: Logger,
        pulse: SubscriptionPulse
    ) {
        self.subscription = subscription
        self.log = log
        self.configuration = configuration
        self.makeWaiter = makeWaiter
        self.signals = signals
        self.logger = logger
        self.pulse = pulse
        counts = OutcomeCounts(subscription: subscription.name)
    }

    /// A session that lived that long ended by a new cause.
    private static let soundSession = Duration.seconds(10)
    /// How long a worker with an older declaration waits before it looks again.
    private static let standBy = Duration.seconds(10)

    /// How a session has ended in order.
    private enum End {
        /// At shutdown, or with the log drained.
        case done
        /// Because the subscription has changed.
        case changed
        /// A newer revision is in force.
        case superseded
        /// The subscription is paused, or has lapsed.
        case resting
    }

    /// - Throws: ``WorkerError`` or ``LogError`` for a set-up that cannot work. Everything else is tried again.
    func run() async throws {
        var logger = self.logger
        logger[metadataKey: "subscription.name"] = "\(subscription.name)"
        let waiter = makeWaiter()
        pulse.begin()
        defer { pulse.end() }
        try await withGracefulShutdownHandler {
            var failures = 0
            var isIdle = false
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                let start = ContinuousClock.now
                do {
                    switch try await runSession(waiter: waiter, logger: logger) {
                    case .done, .changed:
                        isIdle = false
                        failures = 0
                    case .superseded:
                        if !isIdle { logger.info("a newer revision of the subscription is in force; standing by") }
                        isIdle = true
                        pulse.standBy(.superseded)
                        await pause(for: Self.standBy)
                    case .resting:
                        if !isIdle {
                            logger.warning(
                                "the subscription is paused, or has lapsed; standing by (heliograph subscriptions list)"
                            )
                        }
                        isIdle = true
                        pulse.standBy(.resting)
                        // The bell rings when it is active again.
                        await waiter.wait(upTo: Self.standBy)
                    }
                } catch let error as WorkerError {
                    throw error
                } catch let error as LogError where !error.isTransient {
                    throw error
                } catch {
                    if Task.isCancelled { return }
                    pulse.lose()
                    if ContinuousClock.now - start > Self.soundSession { failures = 0 }
                    failures += 1
                    let cause = (error as? Doubt)?.error ?? error
                    logger.info("the session ended, making another one", metadata: ["error": "\(cause)"])
                    await pause(for: Backoff(maximum: .seconds(1)).delay(afterAttempt: failures))
                }
            }
        } onGracefulShutdown: {
            waiter.ring()
        }
    }

    /// Works until everything that was there is done with or parked.
    /// - Throws: as ``run()``; ``WorkerError`` with `outage` when everything fails; what ended the session for the last time.
    func drain() async throws {
        var failures = 0
        pulse.begin()
        defer { pulse.end() }
        while !Task.isShuttingDownGracefully {
            do {
                switch try await runSession(waiter: makeWaiter(), logger: logger, isDraining: true) {
                case .changed: continue
                case .done: return
                case .superseded, .resting:
                    logger.warning(
                        "nothing is drained: the subscription is paused, has lapsed, or a newer revision is in force",
                        metadata: ["subscription.name": "\(subscription.name)"])
                    return
                }
            } catch let error as Doubt {
                pulse.lose()
                failures += 1
                guard failures < Self.drainingSessions else { throw error.error }
                await pause(for: Backoff(maximum: .seconds(1)).delay(afterAttempt: failures))
            }
        }
    }

    /// So many sessions may end, one after the other, while a log is drained.
    private static let drainingSessions = 10

    private func runSession(waiter: BellWaiter, logger: Logger, isDraining: Bool = false) async throws -> End {
        let outcome = try await log.withStore(for: subscription, configuration, logger) { store, reader in
            let loop = LaneLoop(
                subscription: subscription, store: store, reader: reader, configuration: configuration,
                signals: signals, waiter: waiter, logger: logger, hangs: hangs, exclusivity: exclusivity,
                counts: counts, pulse: pulse, worker: worker, isDraining: isDraining
            )
            pulse.work()
            // Receivers are tasks of their own, and run where they like.
            return try await withTaskExecutorPreference(log.executor) { try await loop.run() }
        }
        return switch outcome {
        case .ran(true): .done
        case .ran(false): .changed
        case .superseded: .superseded
        case .resting: .resting
        }
    }
}
