/// A day in the Gregorian calendar, PostgreSQL's `date`: without a time and a time zone.
public struct LocalDate: Hashable, Comparable, Sendable {
    /// Days since 2000-01-01, as PostgreSQL counts; its infinities are the ends of `Int32`.
    let days: Int32

    /// Later than all others.
    public static let infinity = LocalDate(days: .max)
    /// Earlier than all others.
    public static let minusInfinity = LocalDate(days: .min)

    init(days: Int32) { self.days = days }

    /// A day; `nil` if there is none such, or PostgreSQL has none (before 4714 BC, after 5874897).
    /// - Parameter year: 0 is 1 BC.
    public init?(year: Int, month: Int, day: Int) {
        guard (-4_713...5_874_897).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let days = CivilTime.days(year: Int64(year), month: Int64(month), day: Int64(day))
        let same = CivilTime.date(days)
        guard same.month == Int64(month), same.day == Int64(day), days >= -2_451_545 else { return nil }
        self.days = Int32(clamping: days)
    }

    public var isFinite: Bool { days != .max && days != .min }

    private var parts: (year: Int64, month: Int64, day: Int64) { CivilTime.date(Int64(days)) }
    /// The year; 0 is 1 BC.
    public var year: Int { Int(parts.year) }
    /// From 1.
    public var month: Int { Int(parts.month) }
    /// From 1.
    public var day: Int { Int(parts.day) }

    public static func < (left: LocalDate, right: LocalDate) -> Bool { left.days < right.days }
}

extension LocalDate: CustomStringConvertible, LosslessStringConvertible {
    /// `2026-01-02`, as PostgreSQL writes it.
    public var description: String {
        if days == .max { return "infinity" }
        if days == .min { return "-infinity" }
        let (year, month, day) = parts
        return CivilTime.padded(year > 0 ? year : 1 - year, 4) + "-" + CivilTime.padded(month, 2) + "-"
            + CivilTime.padded(day, 2) + (year > 0 ? "" : " BC")
    }

    public init?(_ description: String) {
        switch description {
        case "infinity": self = .infinity
        case "-infinity": self = .minusInfinity
        default:
            guard
                let match = description.wholeMatch(of: #/(?<y>[0-9]{4,7})-(?<m>[0-9]{2})-(?<d>[0-9]{2})(?<era> BC)?/#),
                let year = Int(match.y), let month = Int(match.m), let day = Int(match.d)
            else { return nil }
            self.init(year: match.era == nil ? year : 1 - year, month: month, day: day)
        }
    }
}

extension LocalDate: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .date }
    public static var postgresElementType: PostgresType { .date }
    public static var postgresArrayType: PostgresType { .dateArray }
    public var elementBytes: [UInt8] { days.elementBytes }
    public var bind: Bind { .integer(days, as: .date) }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let days = Int32(elementBytes: elementBytes) else { return nil }
        self.days = days
    }

    public init(postgres cell: Cell) throws { self = try Self.element(of: cell) }

    public init(json value: JSONValue) throws {
        guard case .string(let text) = value, let date = LocalDate(text) else { throw JSONMismatch(Self.self) }
        self = date
    }
}
