import Metrics

/// What a pool tells of itself through swift-metrics.
struct PoolMetrics: Sendable {
    private let open = Gauge(label: "heliograph_pool_open_connections")
    private let idle = Gauge(label: "heliograph_pool_idle_connections")
    private let waiting = Gauge(label: "heliograph_pool_waiting")
    private let wait = Timer(label: "heliograph_pool_wait")
    private let timeouts = Counter(label: "heliograph_pool_timeouts_total")

    func record(open: Int, idle: Int, waiting: Int) {
        self.open.record(open)
        self.idle.record(idle)
        self.waiting.record(waiting)
    }

    /// Somebody had to wait for a connection, with or without success.
    func waited(_ time: Duration) { wait.recordNanoseconds(Int64(time / .nanoseconds(1))) }

    /// Somebody waited in vain.
    func timedOut() { timeouts.increment() }
}
