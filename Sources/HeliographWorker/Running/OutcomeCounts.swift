import Metrics
import Synchronization

/// What became of records, counted for the metrics and for whoever drains.
final class OutcomeCounts: Sendable {
    private let subscription: String
    private let counts = Mutex<[String: Int]>([:])

    init(subscription: String) { self.subscription = subscription }

    var all: [String: Int] { counts.withLock(\.self) }

    func add(_ count: Int, _ outcome: String) {
        guard count > 0 else { return }
        Counter(
            label: "heliograph_worker_records_total",
            dimensions: [("subscription", subscription), ("outcome", outcome)]
        ).increment(by: count)
        counts.withLock { $0[outcome, default: 0] += count }
    }
}
