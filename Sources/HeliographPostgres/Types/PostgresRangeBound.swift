public import Foundation

/// A type of which PostgreSQL has ranges.
public protocol PostgresRangeBound: PostgresArrayElement {
    static var postgresRangeType: PostgresType { get }
    static var postgresRangeArrayType: PostgresType { get }
    /// Reads a bound as it stands in a range's text.
    init?(rangeText: String)
}

extension PostgresRangeBound {
    fileprivate init?(json value: JSONValue?) {
        guard let value, let bound = try? Self(json: value) else { return nil }
        self = bound
    }
}

extension Int32: PostgresRangeBound {
    public static var postgresRangeType: PostgresType { .int4range }
    public static var postgresRangeArrayType: PostgresType { .int4rangeArray }
    public init?(rangeText: String) { self.init(rangeText) }
}

extension Int64: PostgresRangeBound {
    public static var postgresRangeType: PostgresType { .int8range }
    public static var postgresRangeArrayType: PostgresType { .int8rangeArray }
    public init?(rangeText: String) { self.init(rangeText) }
}

extension Int: PostgresRangeBound {
    public static var postgresRangeType: PostgresType { .int8range }
    public static var postgresRangeArrayType: PostgresType { .int8rangeArray }
    public init?(rangeText: String) { self.init(rangeText) }
}

extension Decimal: PostgresRangeBound {
    public static var postgresRangeType: PostgresType { .numrange }
    public static var postgresRangeArrayType: PostgresType { .numrangeArray }
    public init?(rangeText: String) { self.init(json: Optional(.number(rangeText))) }
}

extension Date: PostgresRangeBound {
    public static var postgresRangeType: PostgresType { .tstzrange }
    public static var postgresRangeArrayType: PostgresType { .tstzrangeArray }
    public init?(rangeText: String) { self.init(json: Optional(.string(rangeText))) }
}

extension LocalDateTime: PostgresRangeBound {
    public static var postgresRangeType: PostgresType { .tsrange }
    public static var postgresRangeArrayType: PostgresType { .tsrangeArray }
    public init?(rangeText: String) { self.init(rangeText) }
}

extension LocalDate: PostgresRangeBound {
    public static var postgresRangeType: PostgresType { .daterange }
    public static var postgresRangeArrayType: PostgresType { .daterangeArray }
    public init?(rangeText: String) { self.init(rangeText) }
}
