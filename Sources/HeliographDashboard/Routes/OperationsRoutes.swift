public import Heliograph
public import Hummingbird
import Logging

/// What operators ask a service for: whether it is alive and ready, its metrics, and the live stream of signals.
///
/// | path | answers |
/// |---|---|
/// | `/health/live` | 200 while the process works |
/// | `/health/ready` | 200 when the database is there and the log's schema is this program's; else 503 and why |
/// | `/metrics` | Prometheus' text format |
/// | `/signals/stream` | server-sent events, see ``SignalStream`` |
public struct OperationsRoutes: Sendable {
    /// Who asks gives up after some seconds, and then knows less than that the database does not answer.
    private static let limit = Duration.seconds(2)

    private let pool: ConnectionPool
    private let schema: SchemaName
    private let registry: PrometheusRegistry
    private let gauges: LogGauges
    private let stream: SignalStream

    public init(
        pool: ConnectionPool, schema: SchemaName = .standard, registry: PrometheusRegistry, stream: SignalStream
    ) {
        self.pool = pool
        self.schema = schema
        self.registry = registry
        self.stream = stream
        gauges = LogGauges(pool: pool, schema: schema)
    }

    /// Adds the routes.
    public func add(to router: some RouterMethods<some RequestContext>) {
        router.get("/health/live") { _, _ in HTTPResponse.Status.ok }
        router.get("/health/ready") { _, context in
            do {
                let isReady: Void? = try await withTimeLimit(Self.limit) {
                    try await pool.withConnection { try await Migrator(schema: schema).check(on: $0) }
                }
                guard isReady != nil else {
                    throw HTTPError(.serviceUnavailable, message: "the database does not answer")
                }
                return Response(status: .ok)
            } catch let error as LogError {
                throw HTTPError(.serviceUnavailable, message: "\(error)")
            } catch let error as PostgresError {
                // Names of hosts and roles are not for everybody who can ask.
                context.logger.warning("not ready", metadata: ["error": "\(error)"])
                throw HTTPError(.serviceUnavailable, message: "the database cannot be used; the log says why")
            }
        }
        router.get("/metrics") { _, _ in
            await gauges.update(registry, within: Self.limit)
            return Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: registry.text))
            )
        }
        router.get("/signals/stream") { request, _ in try stream.response(to: request) }
    }
}
