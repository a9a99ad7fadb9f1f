public import Foundation

/// `timestamptz`, to the microsecond. PostgreSQL's `infinity` is the `Date` at an infinite interval from every other one.
extension Date: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .timestamptz }
    public static var postgresElementType: PostgresType { .timestamptz }
    public static var postgresArrayType: PostgresType { .timestamptzArray }

    /// PostgreSQL counts from 2000-01-01 00:00 UTC, 978,307,200 s after 1970: a year before Foundation's 2001-01-01.
    private static let epochDistance = 31_622_400.0

    /// What a timestamptz can hold: from 4714 BC to 294276, in seconds since 2000-01-01.
    private static let range = -211_813_488_000.0..<9_223_371_331_200.0

    public var elementBytes: [UInt8] { microseconds.elementBytes }

    /// As PostgreSQL counts, with its two infinities.
    private var microseconds: Int64 {
        if seconds == .infinity { return .max }
        return seconds == -.infinity ? .min : civilTime.microseconds
    }

    public var invalidReason: String? {
        Self.range.contains(seconds) || seconds.isInfinite ? nil : "the date is outside of what timestamptz can hold"
    }

    public var bind: Bind {
        invalidReason.map { .invalid($0, as: .timestamptz) } ?? .integer(microseconds, as: .timestamptz)
    }

    private var seconds: Double { timeIntervalSinceReferenceDate + Self.epochDistance }

    /// The moment as PostgreSQL has it; the nearest it can hold for one that it cannot.
    private var civilTime: CivilTime {
        guard !seconds.isNaN else { return CivilTime(microseconds: 0) }
        let clamped = Swift.min(Swift.max(seconds, Self.range.lowerBound), Self.range.upperBound.nextDown)
        // Seconds and fraction apart: as one Double the microseconds of far dates would be rounded twice.
        let whole = clamped.rounded(.down)
        return CivilTime(microseconds: Int64(whole) * 1_000_000 + Int64(((clamped - whole) * 1_000_000).rounded()))
    }

    /// `2026-01-02T03:04:05.678901Z`, or `infinity` and `-infinity`.
    package var postgresText: String {
        if seconds.isInfinite { return seconds > 0 ? "infinity" : "-infinity" }
        return civilTime.text
    }

    private init(_ time: CivilTime) {
        let (seconds, fraction) = time.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        self.init(timeIntervalSinceReferenceDate: Double(seconds) - Self.epochDistance + Double(fraction) / 1_000_000)
    }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        switch Int64(elementBytes: elementBytes) {
        case nil: return nil
        case .max?: self.init(timeIntervalSinceReferenceDate: .infinity)
        case .min?: self.init(timeIntervalSinceReferenceDate: -.infinity)
        case let count?: self.init(CivilTime(microseconds: count))
        }
    }

    public init(postgres cell: borrowing Cell) throws {
        let bytes = try cell.bytes(for: Date.self)
        guard cell.type == .timestamptz, let value = Date(elementBytes: bytes) else { throw cell.mismatch(Date.self) }
        self = value
    }

    /// `2026-01-02T03:04:05.678901+00:00`, as PostgreSQL writes a timestamptz in JSON.
    public init(json value: JSONValue) throws {
        guard case .string(let text) = value else { throw JSONMismatch(Date.self) }
        switch text {
        case "infinity": self.init(timeIntervalSinceReferenceDate: .infinity)
        case "-infinity": self.init(timeIntervalSinceReferenceDate: -.infinity)
        default:
            guard let time = CivilTime(text) else { throw JSONMismatch(Date.self) }
            self.init(time)
        }
    }
}
