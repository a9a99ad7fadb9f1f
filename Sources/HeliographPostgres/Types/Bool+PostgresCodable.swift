extension Bool: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .bool }
    public static var postgresElementType: PostgresType { .bool }
    public static var postgresArrayType: PostgresType { .boolArray }
    public var elementBytes: [UInt8] { [self ? 1 : 0] }
    public var bind: Bind { .integer(UInt8(self ? 1 : 0), as: .bool) }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard elementBytes.count == 1 else { return nil }
        self = elementBytes[0] != 0
    }

    public init(postgres cell: borrowing Cell) throws {
        let bytes = try cell.bytes(for: Bool.self)
        guard cell.type == .bool, let value = Bool(elementBytes: bytes) else { throw cell.mismatch(Bool.self) }
        self = value
    }

    public init(json value: JSONValue) throws {
        guard case .bool(let value) = value else { throw JSONMismatch(Bool.self) }
        self = value
    }
}
