public import Logging

extension NotificationListener {
    /// Listens on a connection of its own for the time of `body`, through restarts of the server and the network.
    ///
    /// ```swift
    /// try await NotificationListener.listen(on: ["jobs"], configuration, logger: logger) { events in
    ///     for await event in events {
    ///         switch event {
    ///         case .notification(let notification): …
    ///         case .listening, .dropped: … // look yourself: something may have been missed
    ///         case .lost: break            // another connection is on its way
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - channels: what to LISTEN to; names are quoted, so case counts.
    ///   - capacity: how many events wait for a slow reader before they are dropped.
    ///   - heartbeat: see ``init(_:channels:logger:backoff:heartbeat:onEvent:)``.
    ///   - body: hears what happens. It begins before the first LISTEN, of which it is told.
    public static func listen<R: Sendable>(
        on channels: [String], _ configuration: ConnectionConfiguration, logger: Logger, capacity: Int = 10_000,
        backoff: Backoff = .init(), heartbeat: Duration = .seconds(15), _ body: (ListenerEvents) async throws -> R
    ) async throws -> R {
        let events = ListenerEvents(capacity: capacity)
        let listener = NotificationListener(
            configuration, channels: channels, logger: logger, backoff: backoff, heartbeat: heartbeat
        ) { events.add($0) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await listener.run()
                events.finish()
            }
            defer { group.cancelAll() }
            return try await body(events)
        }
    }
}
