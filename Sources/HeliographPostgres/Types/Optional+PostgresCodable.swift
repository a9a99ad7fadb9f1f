extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public static var postgresType: PostgresType { Wrapped.postgresType }
    public var bind: Bind { self?.bind ?? .null(Wrapped.postgresType) }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    @inlinable
    public init(postgres cell: Cell) throws { self = cell.isNull ? nil : try Wrapped(postgres: cell) }

    public init(json value: JSONValue) throws {
        if case .null = value { self = nil } else { self = try Wrapped(json: value) }
    }
}

/// For arrays whose elements may be NULL.
extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
    public static var postgresElementType: PostgresType { Wrapped.postgresElementType }
    public static func reads(_ type: PostgresType) -> Bool { Wrapped.reads(type) }
    public var elementBytes: [UInt8] { self?.elementBytes ?? [] }
    public var invalidReason: String? { self?.invalidReason }
    public var isNullElement: Bool { if case .none = self { true } else { false } }
    public static var nullElement: Self? { .some(nil) }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let value = Wrapped(elementBytes: elementBytes) else { return nil }
        self = value
    }
}
