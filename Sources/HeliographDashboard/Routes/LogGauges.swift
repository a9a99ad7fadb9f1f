public import Heliograph

/// The state of the signal log as gauges: measured when somebody asks.
public struct LogGauges: Sendable {
    private let pool: ConnectionPool
    private let reader: StatusReader

    public init(pool: ConnectionPool, schema: SchemaName = .standard) {
        self.pool = pool
        reader = StatusReader(schema: schema)
    }

    /// Measures, and sets the gauges. Where the database does not answer in time, `heliograph_up` is 0 and the others stay.
    public func update(_ registry: PrometheusRegistry, within limit: Duration = .seconds(2)) async {
        let counts = pool.counts
        registry.setGauge("heliograph_pool_connections", [("state", "open")], to: Double(counts.open))
        registry.setGauge("heliograph_pool_connections", [("state", "idle")], to: Double(counts.idle))
        registry.setGauge("heliograph_pool_waiting", to: Double(counts.waiting))
        let pool = pool
        let reader = reader
        let status = try? await withTimeLimit(limit) { try await pool.withConnection { try await reader.read(on: $0) } }
        guard let status else {
            registry.setGauge("heliograph_up", to: 0)
            return
        }
        registry.setGauge("heliograph_up", to: 1)
        registry.setGauge("heliograph_log_bytes", to: Double(status.logBytes))
        registry.setGauge("heliograph_log_newest_id", to: Double(status.newestID))
        registry.setGauge("heliograph_notification_queue_usage", to: status.notificationQueueUsage)
        registry.setGauge("heliograph_oldest_transaction_seconds", to: status.oldestTransactionSeconds ?? 0)
        for subscription in status.subscriptions {
            let labels = [("subscription", subscription.name)]
            registry.setGauge("heliograph_subscription_lag_records", labels, to: Double(subscription.lagRecords))
            registry.setGauge("heliograph_subscription_lag_seconds", labels, to: subscription.lagSeconds)
            registry.setGauge("heliograph_subscription_lanes_held", labels, to: Double(subscription.heldLanes))
            registry.setGauge("heliograph_subscription_workers", labels, to: Double(subscription.workers))
        }
    }
}
