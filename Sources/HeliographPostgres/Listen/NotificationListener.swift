public import Logging
public import ServiceLifecycle

/// Listens on its own connection, for as long as it runs, through restarts of the server.
///
/// Nothing else is done on that connection: a session that does not read what it is sent keeps the server's notification queue
/// from being emptied.
public final class NotificationListener: Service, Sendable {
    private let configuration: ConnectionConfiguration
    private let channels: [String]
    private let logger: Logger
    private let backoff: Backoff
    private let heartbeat: Duration
    private let onEvent: @Sendable (ListenerEvent) -> Void

    /// - Parameters:
    ///   - channels: what to LISTEN to; names are quoted, so case counts.
    ///   - backoff: how long to wait between attempts to connect.
    ///   - heartbeat: after so long without a word the server is asked for a sign of life, since a network that has gone away
    ///     says nothing either. Default: 15 s.
    ///   - onEvent: hears everything, one after the other; must return at once.
    public init(
        _ configuration: ConnectionConfiguration, channels: [String], logger: Logger, backoff: Backoff = .init(),
        heartbeat: Duration = .seconds(15), onEvent: @escaping @Sendable (ListenerEvent) -> Void
    ) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
        self.backoff = backoff
        self.heartbeat = heartbeat
        self.onEvent = onEvent
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.listen() }
    }

    private func listen() async {
        var failures = 0
        while !Task.isCancelled {
            do {
                let connection = try await Connection.connect(configuration, logger: logger)
                do {
                    for channel in channels { try await connection.query("LISTEN \(identifier: channel)") }
                    failures = 0
                    onEvent(.listening)
                    while true {
                        let arrived = try await connection.nextNotifications(within: heartbeat)
                        for notification in arrived { onEvent(.notification(notification)) }
                        if arrived.isEmpty, await !connection.answers(within: .seconds(5)) {
                            throw PostgresError(.connectionLost, "the server does not answer any more")
                        }
                    }
                } catch {
                    await connection.close()
                    throw error
                }
            } catch is CancellationError {
                return
            } catch {
                failures += 1
                let error = error as? PostgresError ?? PostgresError(.connectionLost, "\(error)")
                onEvent(.lost(error))
                logger.debug("listening connection lost", metadata: ["error": "\(error)", "attempt": "\(failures)"])
                try? await Task.sleep(for: backoff.delay(afterAttempt: failures))
            }
        }
    }
}
