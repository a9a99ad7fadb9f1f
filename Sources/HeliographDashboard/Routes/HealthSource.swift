import Heliograph
import Hummingbird
import Logging

/// Who answers for a process's health: its database, or its worker.
enum HealthSource: Sendable {
    case database(ConnectionPool, SchemaName)
    case worker(WorkerHealth)

    func live() -> Response {
        switch self {
        case .database: Response(status: .ok)
        case .worker(let health): Self.response(to: health.liveness)
        }
    }

    /// - Throws: `HTTPError` when the database cannot be used.
    func ready(within limit: Duration, logger: Logger) async throws -> Response {
        switch self {
        case .database(let pool, let schema):
            try await Self.check(pool, schema, within: limit, logger: logger)
            return Response(status: .ok)
        case .worker(let health): return Self.response(to: health.readiness)
        }
    }

    private static func check(
        _ pool: ConnectionPool, _ schema: SchemaName, within limit: Duration, logger: Logger
    ) async throws {
        do {
            let isReady: Void? = try await withTimeLimit(limit) {
                try await pool.withConnection { try await Migrator(schema: schema).check(on: $0) }
            }
            guard isReady != nil else { throw HTTPError(.serviceUnavailable, message: "the database does not answer") }
        } catch let error as LogError {
            throw HTTPError(.serviceUnavailable, message: "\(error)")
        } catch let error as PostgresError {
            // Names of hosts and roles are not for everybody who can ask.
            logger.warning("not ready", metadata: ["error": "\(error)"])
            throw HTTPError(.serviceUnavailable, message: "the database cannot be used; the log says why")
        }
    }

    private static func response(to answer: WorkerHealth.Answer) -> Response {
        Response(
            status: answer.isGood ? .ok : .serviceUnavailable, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "\(answer)\n")))
    }
}
