/// A Swift type whose values can be sent as parameters.
public protocol PostgresEncodable: Sendable {
    /// The PostgreSQL type that values are sent as; ``PostgresType/unknown`` leaves it to the server.
    static var postgresType: PostgresType { get }
    /// This value as a parameter.
    var bind: Bind { get }
}

/// A Swift type that can be read from a column.
public protocol PostgresDecodable: Sendable {
    /// Reads a value of a result.
    /// - Throws: ``PostgresError`` with `decoding`, made by ``Cell/mismatch(_:)`` or ``Cell/unrepresentable(_:_:)``.
    init(postgres cell: Cell) throws

    /// Reads a value as PostgreSQL's `to_json` writes it, as it stands in the records of the signal log.
    /// - Throws: ``JSONMismatch``.
    init(json value: JSONValue) throws

    /// Whether all values of a column's type can be read as this one; by default `true`, which leaves it to each value.
    ///
    /// - Parameters:
    ///   - type: The column's type; of a domain, the type below it.
    ///   - element: If that is an array, the type of its elements.
    static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool
}

/// Both ways.
public typealias PostgresCodable = PostgresEncodable & PostgresDecodable

/// A type of which PostgreSQL has arrays.
public protocol PostgresArrayElement: PostgresEncodable, PostgresDecodable {
    /// The type of an array of these.
    static var postgresArrayType: PostgresType { get }
    /// The type of one element in a binary array, where ``PostgresType/unknown`` is not allowed.
    static var postgresElementType: PostgresType { get }
    /// The element's binary format.
    var elementBytes: [UInt8] { get }
    /// Why the value has no counterpart in PostgreSQL; `nil` if it has one, as nearly all have.
    var invalidReason: String? { get }
    /// Reads an element's binary format; `nil` if it is not one.
    init?(elementBytes: UnsafeRawBufferPointer)
    /// Whether elements of a type are in that format; by default only ``postgresElementType``.
    static func reads(_ type: PostgresType) -> Bool

    /// Whether this is NULL, as only an optional can be.
    var isNullElement: Bool { get }
    /// What NULL becomes; `nil` where it is an error.
    static var nullElement: Self? { get }

    /// An array of these as a parameter.
    static func bind(array: [Self]) -> Bind
    /// Reads an array of these.
    static func array(postgres cell: Cell) throws -> [Self]
    /// Reads an array of these as PostgreSQL's `to_json` writes it.
    static func array(json value: JSONValue) throws -> [Self]
}

extension PostgresArrayElement {
    public var invalidReason: String? { nil }
    public var isNullElement: Bool { false }
    public static var nullElement: Self? { nil }
    public static func reads(_ type: PostgresType) -> Bool { type == postgresElementType }
}

/// A JSON value that is not of the form that a type is written in.
public struct JSONMismatch: Error, CustomStringConvertible {
    let type: Any.Type

    /// - Parameter type: what was wanted.
    public init(_ type: Any.Type) { self.type = type }

    public var description: String { "the JSON value is not what PostgreSQL writes for a \(type)" }
}
