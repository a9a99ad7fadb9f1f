/// A time of day, PostgreSQL's `time`: without a date and a time zone, to the microsecond.
public struct LocalTime: Hashable, Comparable, Sendable {
    /// Since midnight; 86,400,000,000 is 24:00, the end of a day.
    public let microseconds: Int64

    private static let day: Int64 = 86_400_000_000

    /// - Parameter microseconds: since midnight, from 0 to 86,400,000,000; `nil` otherwise.
    public init?(microseconds: Int64) {
        guard (0...Self.day).contains(microseconds) else { return nil }
        self.microseconds = microseconds
    }

    public init?(hour: Int, minute: Int, second: Int = 0, microsecond: Int = 0) {
        guard (0...24).contains(hour), (0...59).contains(minute), (0...59).contains(second),
            (0...999_999).contains(microsecond)
        else { return nil }
        self.init(microseconds: Int64((hour * 60 + minute) * 60 + second) * 1_000_000 + Int64(microsecond))
    }

    public var hour: Int { Int(microseconds / 3_600_000_000) }
    public var minute: Int { Int(microseconds / 60_000_000 % 60) }
    public var second: Int { Int(microseconds / 1_000_000 % 60) }
    public var microsecond: Int { Int(microseconds % 1_000_000) }

    public static func < (left: LocalTime, right: LocalTime) -> Bool { left.microseconds < right.microseconds }
}

extension LocalTime: CustomStringConvertible, LosslessStringConvertible {
    /// `03:04:05.678901`, without a fraction if there is none.
    public var description: String {
        let whole =
            CivilTime.padded(Int64(hour), 2) + ":" + CivilTime.padded(Int64(minute), 2) + ":"
            + CivilTime.padded(Int64(second), 2)
        return microsecond == 0 ? whole : whole + "." + CivilTime.padded(Int64(microsecond), 6)
    }

    public init?(_ description: String) {
        let form = #/(?<h>[0-9]{2}):(?<m>[0-9]{2}):(?<s>[0-9]{2})(?:\.(?<f>[0-9]{1,6}))?/#
        guard let match = description.wholeMatch(of: form), let hour = Int(match.h), let minute = Int(match.m),
            let second = Int(match.s), let fraction = Int((match.f ?? "").padding(to: 6))
        else { return nil }
        self.init(hour: hour, minute: minute, second: second, microsecond: fraction)
    }
}

extension Substring {
    /// With zeros behind.
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: "0", count: Swift.max(0, width - count))
    }
}

extension LocalTime: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .time }
    public static var postgresElementType: PostgresType { .time }
    public static var postgresArrayType: PostgresType { .timeArray }
    public var elementBytes: [UInt8] { microseconds.elementBytes }
    public var bind: Bind { .integer(microseconds, as: .time) }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let count = Int64(elementBytes: elementBytes) else { return nil }
        self.init(microseconds: count)
    }

    public init(postgres cell: Cell) throws { self = try Self.element(of: cell) }

    public init(json value: JSONValue) throws {
        guard case .string(let text) = value, let time = LocalTime(text) else { throw JSONMismatch(Self.self) }
        self = time
    }
}
