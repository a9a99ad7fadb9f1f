/// Enumerations with raw values, and other types that stand for one: `enum Mood: String, PostgresCodable { case happy, sad }` is
/// sent as its text, which fits a column of type text as well as one of a PostgreSQL enum.
extension RawRepresentable where Self: PostgresEncodable, RawValue: PostgresEncodable {
    public static var postgresType: PostgresType { RawValue.postgresType }
    public var bind: Bind { rawValue.bind }
}

extension RawRepresentable where Self: PostgresDecodable, RawValue: PostgresDecodable {
    public init(postgres cell: Cell) throws {
        let raw = try RawValue(postgres: cell)
        guard let value = Self(rawValue: raw) else {
            throw cell.unrepresentable(Self.self, "the value is none of its cases")
        }
        self = value
    }

    public init(json value: JSONValue) throws {
        guard let value = Self(rawValue: try RawValue(json: value)) else { throw JSONMismatch(Self.self) }
        self = value
    }
}

extension RawRepresentable where Self: PostgresArrayElement, RawValue: PostgresArrayElement {
    public static var postgresElementType: PostgresType { RawValue.postgresElementType }
    public static var postgresArrayType: PostgresType { RawValue.postgresArrayType }
    public static func reads(_ type: PostgresType) -> Bool { RawValue.reads(type) }
    public var elementBytes: [UInt8] { rawValue.elementBytes }
    public var invalidReason: String? { rawValue.invalidReason }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let raw = RawValue(elementBytes: elementBytes) else { return nil }
        self.init(rawValue: raw)
    }
}
