/// Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
enum PrometheusText {
    /// A name with the characters that Prometheus allows, and the suffix unless it has it already.
    static func name(_ label: String, suffix: String) -> String {
        var name = String(String.UnicodeScalarView(label.unicodeScalars.map { isAllowed($0) ? $0 : "_" }))
        if name.unicodeScalars.first.map({ ("0"..."9").contains($0) }) ?? true { name = "_" + name }
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    /// `name="value"` pairs with commas between.
    static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.map { "\(name($0.0, suffix: ""))=\"\(escaped($0.1))\"" }.joined(separator: ",")
    }

    static func lines(of series: MetricSeries, name: String) -> [String] {
        let value = series.current
        guard series.kind == .histogram else { return ["\(name)\(braced(series.labels)) \(number(value.sum))"] }
        var lines: [String] = []
        var count = 0
        for (bound, inBucket) in zip(MetricSeries.bounds, value.buckets) {
            count += inBucket
            lines.append("\(name)_bucket\(braced(series.labels, "le=\"\(number(bound))\"")) \(count)")
        }
        lines.append("\(name)_bucket\(braced(series.labels, "le=\"+Inf\"")) \(value.count)")
        lines.append("\(name)_sum\(braced(series.labels)) \(number(value.sum))")
        lines.append("\(name)_count\(braced(series.labels)) \(value.count)")
        return lines
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    private static func escaped(_ value: String) -> String {
        // By scalars: a line break with a carriage return before it is one character.
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func braced(_ labels: String...) -> String {
        let given = labels.filter { !$0.isEmpty }.joined(separator: ",")
        return given.isEmpty ? "" : "{\(given)}"
    }

    /// Whole numbers without a fraction, so that counters read as such.
    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return "\(whole)" }
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
    }
}
