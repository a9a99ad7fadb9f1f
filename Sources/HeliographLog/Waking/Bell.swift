public import HeliographPostgres
public import Logging
public import ServiceLifecycle
import Synchronization

/// Wakes the readers of this process when something has been committed.
///
/// The bell (a NOTIFY without payload) says only that there may be something new. A lost one costs time, never a record: every
/// reader also looks by itself at intervals.
public final class Bell: Service, Sendable {
    private struct State {
        var waiters: [ObjectIdentifier: WeakWaiter] = [:]
        var isListening = false
        /// Notifications, those included that were dropped.
        var count = 0
    }
    private struct WeakWaiter { weak let waiter: BellWaiter? }

    private let state = Mutex(State())
    private let configuration: ConnectionConfiguration
    private let schema: SchemaName
    private let logger: Logger

    /// - Parameter schema: its name is the channel's.
    public init(_ configuration: ConnectionConfiguration, schema: SchemaName = .standard, logger: Logger) {
        self.configuration = configuration
        self.schema = schema
        self.logger = logger
    }

    /// Whether notifications can come in at this moment; if not, readers live by their safety poll.
    public var isListening: Bool { state.withLock { $0.isListening } }

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
        let listener = NotificationListener(configuration, channels: [schema.name], logger: logger) {
            [weak self] event in
            self?.handle(event)
        }
        try await listener.run()
    }

    private func handle(_ event: ListenerEvent) {
        switch event {
        case .listening:
            state.withLock { $0.isListening = true }
            ring()  // what was rung before the LISTEN was heard by nobody
        case .notification:
            state.withLock { $0.count += 1 }
            ring()
        case .dropped(let count):
            state.withLock { $0.count += count }
            ring()
        case .lost(let error):
            let wasListening = state.withLock { state in
                defer { state.isListening = false }
                return state.isListening
            }
            if wasListening {
                logger.info(
                    "the bell's connection is lost; reading goes on by polling", metadata: ["error": "\(error)"])
            }
        }
    }
}
