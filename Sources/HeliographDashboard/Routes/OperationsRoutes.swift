public import Heliograph
public import Hummingbird

/// What operators ask a process for: whether it is alive and ready, its metrics, and the live stream of signals.
///
/// | path | answers, for a service | for a worker, see ``WorkerHealth`` |
/// |---|---|---|
/// | `/health/live` | 200 while the process works | 200 while no subscription hangs; else 503 and which |
/// | `/health/ready` | 200 when the database is there and the log's schema is this program's; else 503 and why | 200 when each subscription works or stands by on purpose; else 503 and why |
/// | `/metrics` | Prometheus' text format | the same |
/// | `/signals/stream` | server-sent events, see ``SignalStream`` | – |
public struct OperationsRoutes: Sendable {
    /// Who asks gives up after some seconds, and then knows less than that the database does not answer.
    private static let limit = Duration.seconds(2)

    private let source: HealthSource
    private let registry: PrometheusRegistry
    private let gauges: LogGauges
    private let stream: SignalStream?

    /// For a service that needs its database.
    public init(
        pool: ConnectionPool, schema: SchemaName = .standard, registry: PrometheusRegistry, stream: SignalStream
    ) {
        source = .database(pool, schema)
        self.registry = registry
        self.stream = stream
        gauges = LogGauges(pool: pool, schema: schema)
    }

    /// For a process that runs a worker. Its probes send no query; only `/metrics` uses the pool.
    public init(
        worker health: WorkerHealth, pool: ConnectionPool, schema: SchemaName = .standard, registry: PrometheusRegistry
    ) {
        source = .worker(health)
        self.registry = registry
        stream = nil
        gauges = LogGauges(pool: pool, schema: schema)
    }

    /// Adds the routes.
    public func add(to router: some RouterMethods<some RequestContext>) {
        router.get("/health/live") { _, _ in source.live() }
        router.get("/health/ready") { _, context in
            try await source.ready(within: Self.limit, logger: context.logger)
        }
        router.get("/metrics") { _, _ in
            await gauges.update(registry, within: Self.limit)
            return Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: registry.text))
            )
        }
        guard let stream else { return }
        router.get("/signals/stream") { request, _ in try stream.response(to: request) }
    }
}
