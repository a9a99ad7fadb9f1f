public import CoreMetrics
import Synchronization

/// A backend for swift-metrics that shows its values in Prometheus' text format.
///
/// ```swift
/// let registry = PrometheusRegistry()
/// MetricsSystem.bootstrap(registry)
/// router.get("/metrics") { _, _ in registry.text }
/// ```
///
/// Counters get the suffix `_total`, timers are histograms in seconds with the suffix `_seconds`; characters that
/// Prometheus does not allow in names become underscores.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    /// All series of one name, in the order of their first use.
    private struct Family {
        let kind: MetricSeries.Kind
        var series: [String: MetricSeries] = [:]
        var order: [String] = []
    }

    private let families = Mutex<[String: Family]>([:])

    /// Creates an empty registry.
    public init() {}

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        SeriesHandler(series(label, suffix: "_total", .counter, dimensions))
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        SeriesHandler(series(label, suffix: "", aggregate ? .histogram : .gauge, dimensions))
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        SeriesHandler(series(label, suffix: "", .gauge, dimensions))
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        SeriesHandler(series(label, suffix: "_seconds", .histogram, dimensions))
    }

    // A series that nobody holds any more keeps its last value: a counter that vanished would look like a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// Sets a gauge directly, for values that are measured when somebody asks.
    ///
    /// - Parameters:
    ///   - label: The name.
    ///   - dimensions: Names and values of its labels.
    ///   - value: The value now.
    public func setGauge(_ label: String, _ dimensions: [(String, String)] = [], to value: Double) {
        series(label, suffix: "", .gauge, dimensions).set(value)
    }

    /// All values, in Prometheus' text format 0.0.4.
    public var text: String {
        let families = families.withLock { $0 }
        var lines: [String] = []
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            lines.append("# TYPE \(name) \(family.kind.rawValue)")
            for labels in family.order {
                guard let series = family.series[labels] else { continue }
                lines += PrometheusText.lines(of: series, name: name)
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func series(
        _ label: String, suffix: String, _ kind: MetricSeries.Kind, _ dimensions: [(String, String)]
    ) -> MetricSeries {
        let name = PrometheusText.name(label, suffix: suffix)
        let labels = PrometheusText.labels(dimensions)
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind)
            if let series = family.series[labels] { return series }
            // A name that is used for two kinds keeps its first, or the text would contradict itself.
            let series = MetricSeries(family.kind, labels: labels)
            family.series[labels] = series
            family.order.append(labels)
            families[name] = family
            return series
        }
    }
}
