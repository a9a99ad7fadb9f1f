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

    public init(postgres cell: borrowing Cell) throws {
        let bytes = try cell.bytes(for: String.self)
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
            self = numeric.text
            return
        // Enums, citext and their like send their label as it is.
        case let type where type.isUserDefined: text = bytes
        default: throw cell.mismatch(String.self)
        }
        guard let value = Self.validated(text) else {
            throw cell.unrepresentable(String.self, "its bytes are not UTF-8")
        }
        self = value
    }

    /// A value of a result as text; `nil` if it is not UTF-8.
    ///
    /// libpq puts a zero byte behind each value. What validates a C string is no generic code, as what validates a collection
    /// is, which a profile showed to take more than half of the time of decoding a row.
    private static func validated(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard let start = bytes.baseAddress else { return "" }
        guard let text = String(validatingCString: start.assumingMemoryBound(to: CChar.self)) else { return nil }
        // A type of somebody's own may send zero bytes.
        return text.utf8.count == bytes.count ? text : String(validating: bytes, as: UTF8.self)
    }

    public init(json value: JSONValue) throws {
        guard case .string(let value) = value else { throw JSONMismatch(String.self) }
        self = value
    }
}
