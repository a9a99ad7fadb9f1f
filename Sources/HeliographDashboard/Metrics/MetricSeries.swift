import Synchronization

/// One time series: a metric's name with one set of labels.
final class MetricSeries: Sendable {
    /// How the values are kept and shown.
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// Upper bounds of a histogram's buckets; of times in seconds, from a fast statement to a slow batch.
    static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    struct Value {
        /// The counter's or the gauge's value; of a histogram the sum.
        var sum = 0.0
        /// Of a histogram: how many values there were, and how many of them in each bucket (not in those before).
        var count = 0
        var buckets: [Int]
    }

    let kind: Kind
    /// `name="value"` pairs with commas between, without braces.
    let labels: String
    private let value: Mutex<Value>

    init(_ kind: Kind, labels: String) {
        self.kind = kind
        self.labels = labels
        value = Mutex(Value(buckets: kind == .histogram ? [Int](repeating: 0, count: Self.bounds.count) : []))
    }

    var current: Value { value.withLock { $0 } }

    func add(_ amount: Double) { value.withLock { $0.sum += amount } }

    func set(_ amount: Double) { value.withLock { $0.sum = amount } }

    func observe(_ amount: Double) {
        let bucket = Self.bounds.firstIndex { amount <= $0 }
        value.withLock { value in
            value.sum += amount
            value.count += 1
            if let bucket { value.buckets[bucket] += 1 }
        }
    }
}
