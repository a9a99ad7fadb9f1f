public import Logging

extension Connection {
    /// Connects for the time of `body`; the session is closed on every way out.
    ///
    /// ```swift
    /// let count = try await Connection.with(configuration) { try await $0.query("SELECT count(*) FROM users") }
    /// ```
    /// - Throws: what connecting and `body` throw.
    @discardableResult
    public static func with<R>(
        _ configuration: ConnectionConfiguration,
        logger: Logger = Logger(label: "heliograph.postgres", factory: { _ in SwiftLogNoOpLogHandler() }),
        _ body: (Connection) async throws -> R
    ) async throws -> R {
        let connection = try await connect(configuration, logger: logger)
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
