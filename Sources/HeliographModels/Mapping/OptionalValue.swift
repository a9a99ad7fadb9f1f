/// Lets code that is generic over a column's type ask whether that type is an `Optional` and the value `nil`.
protocol OptionalValue {
    var isNil: Bool { get }
}

extension Optional: OptionalValue {
    var isNil: Bool { self == nil }
}
