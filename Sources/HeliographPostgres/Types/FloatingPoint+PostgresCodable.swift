extension Double: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .float8 }
    public static var postgresElementType: PostgresType { .float8 }
    public static var postgresArrayType: PostgresType { .float8Array }
    public var elementBytes: [UInt8] { withUnsafeBytes(of: bitPattern.bigEndian) { Array($0) } }
    public var bind: Bind { .integer(bitPattern, as: .float8) }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard elementBytes.count == 8 else { return nil }
        self.init(bitPattern: UInt64(bigEndian: elementBytes.loadUnaligned(as: UInt64.self)))
    }

    public init(postgres cell: borrowing Cell) throws {
        let bytes = try cell.bytes(for: Double.self)
        if cell.type == .float8, let value = Double(elementBytes: bytes) {
            self = value
        } else if cell.type == .float4, let value = Float(elementBytes: bytes) {
            self = Double(value)
        } else {
            throw cell.mismatch(Double.self)
        }
    }

    public init(json value: JSONValue) throws {
        switch value {
        case .number(let digits), .string(let digits):  // "NaN" and "Infinity" are strings in JSON
            guard let value = Double(digits) else { throw JSONMismatch(Double.self) }
            self = value
        default: throw JSONMismatch(Double.self)
        }
    }
}

extension Float: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .float4 }
    public static var postgresElementType: PostgresType { .float4 }
    public static var postgresArrayType: PostgresType { .float4Array }
    public var elementBytes: [UInt8] { withUnsafeBytes(of: bitPattern.bigEndian) { Array($0) } }
    public var bind: Bind { .integer(bitPattern, as: .float4) }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard elementBytes.count == 4 else { return nil }
        self.init(bitPattern: UInt32(bigEndian: elementBytes.loadUnaligned(as: UInt32.self)))
    }

    public init(postgres cell: borrowing Cell) throws {
        let bytes = try cell.bytes(for: Float.self)
        guard cell.type == .float4, let value = Float(elementBytes: bytes) else { throw cell.mismatch(Float.self) }
        self = value
    }

    public init(json value: JSONValue) throws {
        switch value {
        case .number(let digits), .string(let digits):
            guard let value = Float(digits) else { throw JSONMismatch(Float.self) }
            self = value
        default: throw JSONMismatch(Float.self)
        }
    }
}
