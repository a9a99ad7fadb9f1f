extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public static var postgresType: PostgresType { Wrapped.postgresType }
    public var bind: Bind { self?.bind ?? .null(Wrapped.postgresType) }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public init(postgres cell: Cell) throws { self = cell.isNull ? nil : try Wrapped(postgres: cell) }

    public init(json value: JSONValue) throws {
        if case .null = value { self = nil } else { self = try Wrapped(json: value) }
    }
}
