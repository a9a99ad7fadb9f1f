import HeliographLog
import HeliographModels
import HeliographPostgres
import Logging
import ServiceLifecycle

/// Runs one subscription in this process: session after session, until shutdown.
struct SubscriptionRunner: Sendable {
    let subscription: Subscription
    let database: ConnectionConfiguration
    let configuration: WorkerConfiguration
    let bell: Bell
    let signals: ModelSignals
    let logger: Logger

    /// A session that lived that long ended by a new cause.
    private static let soundSession = Duration.seconds(10)
    /// How long a worker with an older declaration waits before it looks again.
    private static let standBy = Duration.seconds(10)

    /// - Throws: ``WorkerError`` or ``LogError`` for a set-up that cannot work. Everything else is tried again.
    func run() async throws {
        var logger = self.logger
        logger[metadataKey: "subscription.name"] = "\(subscription.name)"
        let waiter = bell.makeWaiter()
        try await withGracefulShutdownHandler {
            var failures = 0
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                let start = ContinuousClock.now
                do {
                    if try await runSession(waiter: waiter, logger: logger) { continue }
                    logger.info("a newer revision of the subscription is in force; standing by")
                    await waiter.wait(upTo: Self.standBy)
                } catch let error as WorkerError {
                    throw error
                } catch let error as LogError {
                    throw error
                } catch is CancellationError {
                    return
                } catch {
                    if ContinuousClock.now - start > Self.soundSession { failures = 0 }
                    failures += 1
                    let cause = (error as? Doubt)?.error ?? error
                    logger.info("the session ended, making another one", metadata: ["error": "\(cause)"])
                    try? await Task.sleep(for: Backoff(maximum: .seconds(2)).delay(afterAttempt: failures))
                }
            }
        } onGracefulShutdown: {
            waiter.ring()
        }
    }

    /// - Returns: `false` if a newer revision is in force; `true` after a shutdown.
    private func runSession(waiter: BellWaiter, logger: Logger) async throws -> Bool {
        try await withConnection { connection in
            try await LaneSession.prepare(connection, silenceLimit: configuration.silenceLimit)
            try await LogReader(schema: configuration.schema).noteIncarnation(on: connection)
            let registration = try await Registration.register(
                subscription, schema: configuration.schema, on: connection
            )
            if registration.isSuperseded { return false }
            return try await withConnection { reading in
                let session = LaneSession(
                    connection: connection, registration: registration, schema: configuration.schema
                )
                let loop = LaneLoop(
                    subscription: subscription, session: session, reading: reading, configuration: configuration,
                    signals: signals, waiter: waiter, logger: logger
                )
                try await loop.run()
                return true
            }
        }
    }

    private func withConnection<R>(_ body: (Connection) async throws -> R) async throws -> R {
        let connection = try await Connection.connect(database, logger: logger)
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}
