/// What a calendar and a clock show, PostgreSQL's `timestamp`: no moment, since nothing says in which time zone.
public struct LocalDateTime: Hashable, Comparable, Sendable {
    private static let day: Int64 = 86_400_000_000

    /// Since 2000-01-01 00:00, as PostgreSQL counts; its infinities are the ends of `Int64`.
    let microseconds: Int64

    /// Later than all others.
    public static let infinity = LocalDateTime(microseconds: .max)
    /// Earlier than all others.
    public static let minusInfinity = LocalDateTime(microseconds: .min)

    init(microseconds: Int64) { self.microseconds = microseconds }

    /// `nil` if the date is infinite, or beyond what a timestamp holds (294276 AD).
    public init?(_ date: LocalDate, _ time: LocalTime) {
        let (start, overflows) = Int64(date.days).multipliedReportingOverflow(by: Self.day)
        guard date.isFinite, !overflows else { return nil }
        let (sum, overflowsToo) = start.addingReportingOverflow(time.microseconds)
        guard !overflowsToo, (-211_813_488_000_000_000..<9_223_371_331_200_000_000).contains(sum) else { return nil }
        microseconds = sum
    }

    public var isFinite: Bool { microseconds != .max && microseconds != .min }

    private var wholeDays: Int64 {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: Self.day)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The day.
    public var date: LocalDate {
        if !isFinite { return microseconds > 0 ? .infinity : .minusInfinity }
        return LocalDate(days: Int32(clamping: wholeDays))
    }

    /// The time of day; `nil` for the infinities.
    public var time: LocalTime? { isFinite ? LocalTime(microseconds: microseconds - wholeDays * Self.day) : nil }

    public static func < (left: LocalDateTime, right: LocalDateTime) -> Bool { left.microseconds < right.microseconds }
}

extension LocalDateTime: CustomStringConvertible, LosslessStringConvertible {
    /// `2026-01-02T03:04:05.678901`, as PostgreSQL writes it in JSON.
    public var description: String {
        guard let time else { return date.description }
        let day = date.description
        guard day.hasSuffix(" BC") else { return "\(day)T\(time)" }
        return "\(day.dropLast(3))T\(time) BC"
    }

    public init?(_ description: String) {
        if description == "infinity" || description == "-infinity" {
            self = description.hasPrefix("-") ? .minusInfinity : .infinity
            return
        }
        guard let match = description.wholeMatch(of: #/(?<d>[0-9-]+)[T ](?<t>[0-9:.]+)(?<era> BC)?/#),
            let date = LocalDate(String(match.d) + String(match.era ?? "")), let time = LocalTime(String(match.t))
        else { return nil }
        self.init(date, time)
    }
}

extension LocalDateTime: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .timestamp }
    public static var postgresElementType: PostgresType { .timestamp }
    public static var postgresArrayType: PostgresType { .timestampArray }
    public var elementBytes: [UInt8] { microseconds.elementBytes }
    public var bind: Bind { .integer(microseconds, as: .timestamp) }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let count = Int64(elementBytes: elementBytes) else { return nil }
        self.init(microseconds: count)
    }

    public init(postgres cell: Cell) throws { self = try Self.element(of: cell) }

    public init(json value: JSONValue) throws {
        guard case .string(let text) = value, let time = LocalDateTime(text) else { throw JSONMismatch(Self.self) }
        self = time
    }
}
