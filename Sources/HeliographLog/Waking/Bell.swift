public import HeliographPostgres
public import Logging
public import ServiceLifecycle
import Synchronization

/// Wakes the readers of this process when something has been committed.
///
/// The bell (a NOTIFY without payload) says only that there may be something new. A lost one costs time, never a record: every
/// reader also looks by itself at intervals.
///
/// Each time it has begun to listen it proves that it hears: it has itself notified on a channel of its own, from another
/// connection. If nothing arrives it says so in the log; readers live by polling then. Behind a pooler in transaction mode, where
/// that is so, tell it to poll only.
public final class Bell: Service, Sendable {
    private struct State {
        var waiters: [ObjectIdentifier: WeakWaiter] = [:]
        var hearing: Hearing
        /// Whether it has been said that nothing arrives.
        var hasComplained = false
        /// Notifications, those included that were dropped.
        var count = 0
    }
    private struct WeakWaiter { weak let waiter: BellWaiter? }

    /// Whether it never listens.
    public let isPollOnly: Bool
    private let state: Mutex<State>
    private let configuration: ConnectionConfiguration
    private let schema: SchemaName
    private let probeTimeout: Duration
    private let probe: String
    private let logger: Logger

    /// - Parameters:
    ///   - schema: its name is the channel's.
    ///   - pollOnly: not to listen, and to run no pump: for connections through a pooler in transaction mode.
    ///   - probeTimeout: so long its own notification may be under way. Default: 5 s.
    public init(
        _ configuration: ConnectionConfiguration, schema: SchemaName = .standard, pollOnly: Bool = false,
        probeTimeout: Duration = .seconds(5), logger: Logger
    ) {
        self.configuration = configuration
        self.schema = schema
        self.isPollOnly = pollOnly
        self.probeTimeout = probeTimeout
        self.logger = logger
        probe = "\(schema.name)_probe_" + String(UInt64.random(in: .min ... .max), radix: 36)
        state = Mutex(State(hearing: pollOnly ? .pollOnly : .disconnected))
    }

    /// Whether this process hears the bell, as far as is known.
    public var hearing: Hearing { state.withLock { $0.hearing } }

    /// Whether notifications can come in at this moment; if not, readers live by their safety poll.
    public var isListening: Bool {
        switch hearing {
        case .unproved, .proved: true
        case .disconnected, .swallowed, .pollOnly: false
        }
    }

    /// How often it has rung.
    package var count: Int { state.withLock { $0.count } }

    /// Somebody who waits for the bell, for as long as the object lives.
    public func makeWaiter() -> BellWaiter {
        let waiter = BellWaiter()
        state.withLock { state in
            state.waiters = state.waiters.filter { $0.value.waiter != nil }
            state.waiters[ObjectIdentifier(waiter)] = WeakWaiter(waiter: waiter)
        }
        return waiter
    }

    /// Wakes all who wait.
    public func ring() {
        for waiter in state.withLock({ $0.waiters.values.compactMap(\.waiter) }) { waiter.ring() }
    }

    /// Listens until shutdown.
    public func run() async throws {
        guard !isPollOnly else {
            logger.debug("the bell is not listened to; readers only poll")
            try? await gracefulShutdown()
            return
        }
        let (begun, feed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let listener = NotificationListener(configuration, channels: [probe, schema.name], logger: logger) {
            [weak self] event in
            self?.handle(event)
            if case .listening = event { feed.yield() }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in begun { await self.prove() }
            }
            defer { group.cancelAll() }
            // Nothing in it takes time, and whoever is woken is mostly there, too.
            try await withTaskExecutorPreference(Connection.executor) { try await listener.run() }
        }
    }

    /// Waits until it is known whether this process hears, but not longer than that.
    /// - Returns: what is known.
    public func settledHearing(within limit: Duration) async -> Hearing {
        let deadline = ContinuousClock.now + limit
        let waiter = makeWaiter()
        while hearing.isOpen, ContinuousClock.now < deadline, !Task.isCancelled {
            await waiter.wait(upTo: deadline - .now)
        }
        return hearing
    }

    // MARK: Proof

    /// Has itself notified, and waits for it.
    private func prove() async {
        let waiter = makeWaiter()
        do {
            // From another connection: one that a pooler has lent to both would hear itself.
            try await Connection.with(configuration, logger: logger) { connection in
                try await connection.query("SELECT pg_notify(\(probe), '')")
            }
        } catch {
            logger.debug("the bell could not be tried", metadata: ["error": "\(error)"])
            return
        }
        let deadline = ContinuousClock.now + probeTimeout
        while hearing == .unproved, ContinuousClock.now < deadline, !Task.isCancelled {
            await waiter.wait(upTo: deadline - .now)
        }
        guard !Task.isCancelled else { return }
        let isNews = state.withLock { state in
            guard state.hearing == .unproved else { return false }
            state.hearing = .swallowed
            defer { state.hasComplained = true }
            return !state.hasComplained
        }
        if isNews { logger.info("\(Hearing.swallowed.explanation)") }
        ring()
    }

    private func handle(_ event: ListenerEvent) {
        switch event {
        case .listening:
            state.withLock { $0.hearing = .unproved }
            ring()  // what was rung before the LISTEN was heard by nobody
        case .notification(let notification):
            hear(notification.channel == probe ? 0 : 1)
        case .dropped(let count): hear(count)
        case .lost(let error):
            let wasListening = state.withLock { state in
                defer { state.hearing = .disconnected }
                return state.hearing != .disconnected
            }
            if wasListening {
                logger.info(
                    "the bell's connection is lost; reading goes on by polling", metadata: ["error": "\(error)"])
            }
        }
    }

    private func hear(_ count: Int) {
        let isNews = state.withLock { state in
            state.count += count
            defer {
                state.hearing = .proved
                state.hasComplained = false
            }
            return state.hasComplained
        }
        if isNews { logger.info("notifications arrive again") }
        ring()
    }
}
