import CoreMetrics
import HeliographDashboard
import Testing

@Suite("Metrics in Prometheus' text format")
struct PrometheusTests {
    let registry = PrometheusRegistry()

    @Test("Counters add up and are called _total")
    func counters() {
        let counter = Counter(
            label: "hg.requests", dimensions: [("path", "/a\"b\\c\nd"), ("method", "GET")], factory: registry)
        counter.increment()
        counter.increment(by: 4)
        Counter(label: "hg.requests", dimensions: [("path", "/x"), ("method", "GET")], factory: registry).increment()
        #expect(
            registry.text == """
                # TYPE hg_requests_total counter
                hg_requests_total{path="/a\\"b\\\\c\\nd",method="GET"} 5
                hg_requests_total{path="/x",method="GET"} 1

                """
        )
    }

    @Test("Gauges keep the last value")
    func gauges() {
        let meter = Meter(label: "1st level", factory: registry)
        meter.set(2.5)
        meter.increment(by: 1.0)
        registry.setGauge("nan", to: .nan)
        registry.setGauge("far", to: .infinity)
        #expect(
            registry.text == """
                # TYPE _1st_level gauge
                _1st_level 3.5
                # TYPE far gauge
                far +Inf
                # TYPE nan gauge
                nan NaN

                """
        )
    }

    @Test("Timers are histograms in seconds: buckets add up to the count")
    func timers() {
        let timer = Timer(label: "batch", dimensions: [("s", "x")], factory: registry)
        timer.recordNanoseconds(400_000)
        timer.recordMilliseconds(30)
        timer.recordSeconds(60)
        let lines = registry.text.split(separator: "\n")
        #expect(lines.first == "# TYPE batch_seconds histogram")
        #expect(lines.contains(#"batch_seconds_bucket{s="x",le="0.0005"} 1"#))
        #expect(lines.contains(#"batch_seconds_bucket{s="x",le="0.025"} 1"#))
        #expect(lines.contains(#"batch_seconds_bucket{s="x",le="0.05"} 2"#))
        #expect(lines.contains(#"batch_seconds_bucket{s="x",le="10"} 2"#))
        #expect(lines.contains(#"batch_seconds_bucket{s="x",le="+Inf"} 3"#))
        #expect(lines.contains(#"batch_seconds_sum{s="x"} 60.0304"#))
        #expect(lines.contains(#"batch_seconds_count{s="x"} 3"#))
    }

    @Test("Many tasks at once lose no count")
    func concurrency() async {
        let registry = registry
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 { Counter(label: "n", factory: registry).increment() }
                }
            }
        }
        #expect(registry.text == "# TYPE n_total counter\nn_total 8000\n")
    }
}
