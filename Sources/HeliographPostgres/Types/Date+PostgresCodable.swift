public import Foundation

/// `timestamptz`, to the microsecond.
extension Date: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .timestamptz }
    public static var postgresElementType: PostgresType { .timestamptz }
    public static var postgresArrayType: PostgresType { .timestamptzArray }

    /// PostgreSQL counts from 2000-01-01 00:00 UTC, 978,307,200 s after 1970: a year before Foundation's 2001-01-01.
    private static let epochDistance = 31_622_400.0

    public var elementBytes: [UInt8] { Int64(microseconds.rounded()).elementBytes }

    public var bind: Bind {
        abs(microseconds) < 9e18
            ? .binary(elementBytes, as: .timestamptz)
            : .invalid("the date is outside of what timestamptz can hold", as: .timestamptz)
    }

    private var microseconds: Double { (timeIntervalSinceReferenceDate + Self.epochDistance) * 1_000_000 }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let count = Int64(elementBytes: elementBytes), count != .max, count != .min else { return nil }
        // Seconds and fraction apart: as one Double the microseconds of far dates would be rounded twice.
        let (seconds, fraction) = count.quotientAndRemainder(dividingBy: 1_000_000)
        self.init(timeIntervalSinceReferenceDate: Double(seconds) - Self.epochDistance + Double(fraction) / 1_000_000)
    }

    public init(postgres cell: Cell) throws {
        self = try cell.withBytes(for: Date.self) { bytes in
            guard cell.type == .timestamptz, bytes.count == 8 else { throw cell.mismatch(Date.self) }
            guard let value = Date(elementBytes: bytes) else {
                throw cell.unrepresentable(Date.self, "it is infinite")
            }
            return value
        }
    }

    public init(json value: JSONValue) throws {
        guard case .string(let text) = value, let value = Self.parse(text) else { throw JSONMismatch(Date.self) }
        self = value
    }

    /// Reads `2026-01-02T03:04:05.678901+00:00`, as PostgreSQL writes a timestamptz in JSON.
    private static func parse(_ text: String) -> Date? {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else { return try? Date(text, strategy: .iso8601) }
        let digits = parts[1].prefix(while: \.isNumber)
        let zone = parts[1].dropFirst(digits.count)
        guard let whole = try? Date(parts[0] + zone, strategy: .iso8601), let fraction = Double("0." + digits) else {
            return nil
        }
        return whole.addingTimeInterval(fraction)
    }
}
