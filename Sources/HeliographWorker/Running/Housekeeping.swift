import HeliographLog
import HeliographPostgres
import Logging
import ServiceLifecycle

/// Clears away positions, ticks and segments of the log that nobody needs any more, in small steps.
///
/// Every worker does so now and then, on a connection of its own and at its own time; each step is short, and one that meets
/// another's locks is left for later. Nothing depends on it but the size of the tables.
struct Housekeeping: Sendable {
    let database: ConnectionConfiguration
    let schema: SchemaName
    /// `nil` to keep the log for ever.
    let retention: Duration?
    /// `nil` for never.
    let lapse: Duration?
    let maximumLogSize: Int64?
    let logger: Logger

    /// So many rows at most in one step.
    private static let step: Int32 = 2_000
    private static let interval = Duration.seconds(60)

    /// Runs until shutdown or cancellation.
    func run() async {
        while true {
            await pause(for: Self.interval * Double.random(in: 0.5...1.5))
            if isStopping { return }
            do {
                try await clear()
            } catch {
                logger.info("clearing up failed, and is tried again later", metadata: ["error": "\(error)"])
            }
        }
    }

    private var isStopping: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    /// Takes steps until there is nothing left to clear away.
    func clear() async throws {
        let connection = try await Connection.connect(database, logger: logger)
        do {
            try await connection.runScript(
                unsafe: """
                    SET statement_timeout = '30s';
                    SET lock_timeout = '1s';
                    SET default_transaction_isolation = 'read committed';
                    """
            )
            for function in ["purge_positions", "purge_ticks"] {
                let step: SQL = "SELECT \(unsafe: schema.name).\(unsafe: function)(\(Self.step))"
                var isBehind = true
                while isBehind, !isStopping {
                    let count = try await connection.query(step).first?.decode(0, as: Int64.self) ?? 0
                    isBehind = count >= Int64(Self.step)
                }
            }
            try await lapseSubscriptions(on: connection)
            try await clearLog(on: connection)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    private func lapseSubscriptions(on connection: Connection) async throws {
        guard let lapse else { return }
        let rows = try await connection.query(
            """
            SELECT name, reason FROM \(unsafe: schema.name).lapse_subscriptions(
                \(lapse.seconds) * interval '1 second', \(maximumLogSize))
            """)
        for row in rows {
            let (name, reason) = try row.decode(as: (String.self, String.self))
            logger.warning(
                "a subscription has lapsed: rewind it, begin it anew, or drop it",
                metadata: ["subscription.name": "\(name)", "reason": "\(reason)"])
        }
    }

    private func clearLog(on connection: Connection) async throws {
        guard let retention else { return }
        do {
            let log = Retention(schema: schema)
            try await log.rotate(.init(age: min(retention, .seconds(86_400))), on: connection)
            for outcome in try await log.prune(olderThan: retention, on: connection) {
                logger.debug(
                    "a closed segment of the log",
                    metadata: [
                        "segment": "\(outcome.segment.number)", "dropped": "\(outcome.isDropped)",
                        "reason": "\(outcome.reason ?? "")",
                    ])
            }
        } catch let error as LogError where error.code == .notPermitted {
            logger.debug("the log is pruned by others: no right to", metadata: ["error": "\(error)"])
        }
    }
}
