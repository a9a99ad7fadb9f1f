public import Foundation
public import HeliographPostgres

/// A number that can be added up, or one that may be missing.
public protocol SummableValue: PostgresCodable {
    /// What the sum is in Swift.
    associatedtype Sum: PostgresCodable
    /// What the sum is in SQL.
    static var sumType: String { get }
}
extension Int: SummableValue {
    public typealias Sum = Int
    public static var sumType: String { "bigint" }
}
extension Int64: SummableValue {
    public typealias Sum = Int64
    public static var sumType: String { "bigint" }
}
extension Int32: SummableValue {
    public typealias Sum = Int64
    public static var sumType: String { "bigint" }
}
extension Int16: SummableValue {
    public typealias Sum = Int64
    public static var sumType: String { "bigint" }
}
extension Double: SummableValue {
    public typealias Sum = Double
    public static var sumType: String { "double precision" }
}
extension Float: SummableValue {
    public typealias Sum = Double
    public static var sumType: String { "double precision" }
}
extension Decimal: SummableValue {
    public typealias Sum = Decimal
    public static var sumType: String { "numeric" }
}
extension Optional: SummableValue where Wrapped: SummableValue {
    public typealias Sum = Wrapped.Sum
    public static var sumType: String { Wrapped.sumType }
}
