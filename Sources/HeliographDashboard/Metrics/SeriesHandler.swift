import CoreMetrics

/// What swift-metrics calls when a value comes.
final class SeriesHandler: CounterHandler, RecorderHandler, MeterHandler, TimerHandler, Sendable {
    private let series: MetricSeries

    init(_ series: MetricSeries) { self.series = series }

    func increment(by amount: Int64) { series.add(Double(amount)) }
    func increment(by amount: Double) { series.add(amount) }
    func decrement(by amount: Double) { series.add(-amount) }
    func reset() { series.set(0) }
    func set(_ value: Int64) { series.set(Double(value)) }
    func set(_ value: Double) { series.set(value) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        switch series.kind {
        case .histogram: series.observe(value)
        case .gauge, .counter: series.set(value)
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
