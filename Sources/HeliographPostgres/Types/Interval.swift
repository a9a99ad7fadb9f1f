/// A span of time as people count it, PostgreSQL's `interval`: months and days have no fixed length, so the three are kept apart.
public struct Interval: Hashable, Sendable {
    public var months: Int32
    public var days: Int32
    public var microseconds: Int64

    public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
        self.months = months
        self.days = days
        self.microseconds = microseconds
    }

    /// A span of fixed length, to the microsecond; `nil` if it is longer than 292,000 years.
    public init?(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflowsToo) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        guard !overflows, !overflowsToo else { return nil }
        self.init(microseconds: sum)
    }

    /// The same as a `Duration`, if it has no months and days.
    public var duration: Duration? { months == 0 && days == 0 ? .microseconds(microseconds) : nil }
}

extension Interval: CustomStringConvertible {
    /// In ISO 8601, `P1Y2M3DT4H5M6.7S`, as PostgreSQL writes it with `intervalstyle = iso_8601`.
    public var description: String {
        var date = ""
        if months / 12 != 0 { date += "\(months / 12)Y" }
        if months % 12 != 0 { date += "\(months % 12)M" }
        if days != 0 { date += "\(days)D" }
        var time = ""
        let (minutes, rest) = microseconds.quotientAndRemainder(dividingBy: 60_000_000)
        if minutes / 60 != 0 { time += "\(minutes / 60)H" }
        if minutes % 60 != 0 { time += "\(minutes % 60)M" }
        if rest != 0 {
            let fraction = CivilTime.padded(abs(rest % 1_000_000), 6).replacing(#/0+$/#, with: "")
            let sign = rest < 0 ? "-" : ""
            time += "\(sign)\(abs(rest / 1_000_000))\(fraction.isEmpty ? "" : "." + fraction)S"
        }
        if date.isEmpty && time.isEmpty { return "PT0S" }
        return "P" + date + (time.isEmpty ? "" : "T" + time)
    }
}

extension Interval: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .interval }
    public static var postgresElementType: PostgresType { .interval }
    public static var postgresArrayType: PostgresType { .intervalArray }
    public var elementBytes: [UInt8] { microseconds.elementBytes + days.elementBytes + months.elementBytes }
    public var bind: Bind { .binary(elementBytes, as: .interval) }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(elementBytes)
        guard let microseconds = reader.int64(), let days = reader.int32(), let months = reader.int32(),
            reader.count == 0
        else { return nil }
        self.init(months: months, days: days, microseconds: microseconds)
    }

    public init(postgres cell: Cell) throws { self = try Self.element(of: cell) }

    /// `1 year 2 mons -3 days 04:05:06.7`, as PostgreSQL writes an interval unless it is told otherwise.
    public init(json value: JSONValue) throws {
        guard case .string(let text) = value, let interval = Interval(postgresText: text) else {
            throw JSONMismatch(Self.self)
        }
        self = interval
    }

    init?(postgresText text: String) {
        var months: Int64 = 0
        var days: Int64 = 0
        var microseconds: Int64 = 0
        var words = text.split(separator: " ")[...]
        guard !words.isEmpty else { return nil }
        while let word = words.popFirst() {
            if word.contains(":") {
                let isNegative = word.hasPrefix("-")
                guard words.isEmpty, let time = Self.clock(word.drop { $0 == "-" || $0 == "+" }) else { return nil }
                microseconds = isNegative ? -time : time
                continue
            }
            guard let number = Int64(word), abs(number) <= Int64(Int32.max), let unit = words.popFirst() else {
                return nil
            }
            switch unit {
            case "year", "years": months += number * 12
            case "mon", "mons": months += number
            case "day", "days": days += number
            default: return nil
            }
        }
        guard let months = Int32(exactly: months), let days = Int32(exactly: days) else { return nil }
        self.init(months: months, days: days, microseconds: microseconds)
    }

    /// Hours have as many digits as they need.
    private static func clock(_ text: Substring) -> Int64? {
        guard let match = text.wholeMatch(of: #/(?<h>[0-9]{2,9}):(?<rest>[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)/#),
            let hours = Int64(match.h), let rest = LocalTime("00:" + match.rest)
        else { return nil }
        return hours * 3_600_000_000 + rest.microseconds
    }
}
