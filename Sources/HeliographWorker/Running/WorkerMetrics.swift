import Foundation
import HeliographLog
import Metrics

/// What a subscription's session tells of itself beside ``OutcomeCounts``, by swift-metrics.
struct WorkerMetrics {
    private let lanes: Gauge
    private let lag: Gauge
    private let batches: Metrics.Timer

    init(subscription: String) {
        let dimensions = [("subscription", subscription)]
        lanes = Gauge(label: "heliograph_worker_lanes_held", dimensions: dimensions)
        lag = Gauge(label: "heliograph_worker_lag_seconds", dimensions: dimensions)
        batches = Metrics.Timer(label: "heliograph_worker_batch_seconds", dimensions: dimensions)
    }

    func holds(_ count: Int) { lanes.record(count) }

    func took(_ duration: Duration) {
        batches.recordNanoseconds(Int64(duration / .nanoseconds(1)))
    }

    /// - Parameter oldest: the first record of what is to be done; `nil` when there is nothing.
    func isBehind(_ oldest: Record?) {
        guard let oldest else { return lag.record(0) }
        // Written by the server's clock, read by this one's: for people.
        guard let written = oldest.moment else { return }
        lag.record(max(0, Date.now.timeIntervalSince(written)))
    }
}
