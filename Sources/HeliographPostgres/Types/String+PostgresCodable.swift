/// Strings are sent as text of unknown type, so that the server takes the column's: text, varchar, an enum, json, uuid, date.
extension String: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .unknown }
    public static var postgresElementType: PostgresType { .text }
    public static var postgresArrayType: PostgresType { .textArray }
    public var elementBytes: [UInt8] { Array(utf8) }
    public var bind: Bind { .text(self) }
    public var invalidReason: String? { containsNUL ? Bind.nulReason : nil }

    public static func reads(_ type: PostgresType) -> Bool { isText(type) || type.isUserDefined }

    /// The types whose binary format is their text.
    private static func isText(_ type: PostgresType) -> Bool {
        switch type {
        case .text, .varchar, .bpchar, .name, .char, .json, .xml, .unknownLiteral: true
        default: false
        }
    }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let text = String(validating: elementBytes, as: UTF8.self) else { return nil }
        self = text
    }

    public init(postgres cell: Cell) throws {
        self = try cell.withBytes(for: String.self) { bytes in
            let text: UnsafeRawBufferPointer
            switch cell.type {
            case let type where Self.isText(type): text = bytes
            case .jsonb:
                // One byte of format version stands before the text.
                guard bytes.first == 1 else { throw cell.mismatch(String.self) }
                text = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
            // All digits, where Decimal has 38.
            case .numeric:
                guard let numeric = NumericDigits(bytes) else { throw cell.mismatch(String.self) }
                return numeric.text
            // Enums, citext and their like send their label as it is.
            case let type where type.isUserDefined: text = bytes
            default: throw cell.mismatch(String.self)
            }
            guard let value = String(validating: text, as: UTF8.self) else {
                throw cell.unrepresentable(String.self, "its bytes are not UTF-8")
            }
            return value
        }
    }

    public init(json value: JSONValue) throws {
        guard case .string(let value) = value else { throw JSONMismatch(String.self) }
        self = value
    }
}
