/// Reads int2, int4 and int8 into whatever integer can hold the value.
private func decodeInteger<I: FixedWidthInteger & Sendable>(_ cell: borrowing Cell, as type: I.Type) throws -> I {
    let bytes = try cell.bytes(for: type)
    let wide: Int64
    switch (cell.type, bytes.count) {
    case (.int8, 8): wide = Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
    case (.int4, 4): wide = Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
    case (.int2, 2): wide = Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
    case (.oid, 4): wide = Int64(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
    default: throw cell.mismatch(type)
    }
    guard let value = I(exactly: wide) else { throw cell.unrepresentable(type, "the value is out of its range") }
    return value
}

private func decodeInteger<I: FixedWidthInteger>(_ value: JSONValue, as type: I.Type) throws -> I {
    guard case .number(let digits) = value, let integer = I(digits) else { throw JSONMismatch(type) }
    return integer
}

private func bigEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}

private func loadBigEndian<I: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, as type: I.Type) -> I? {
    bytes.count == MemoryLayout<I>.size ? I(bigEndian: bytes.loadUnaligned(as: I.self)) : nil
}

extension Int16: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .int2 }
    public static var postgresElementType: PostgresType { .int2 }
    public static var postgresArrayType: PostgresType { .int2Array }
    public var elementBytes: [UInt8] { bigEndianBytes(self) }
    public var bind: Bind { .integer(self, as: .int2) }
    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let value = loadBigEndian(elementBytes, as: Self.self) else { return nil }
        self = value
    }
    public init(postgres cell: borrowing Cell) throws { self = try decodeInteger(cell, as: Self.self) }
    public init(json value: JSONValue) throws { self = try decodeInteger(value, as: Self.self) }
}

extension Int32: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .int4 }
    public static var postgresElementType: PostgresType { .int4 }
    public static var postgresArrayType: PostgresType { .int4Array }
    public var elementBytes: [UInt8] { bigEndianBytes(self) }
    public var bind: Bind { .integer(self, as: .int4) }
    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let value = loadBigEndian(elementBytes, as: Self.self) else { return nil }
        self = value
    }
    public init(postgres cell: borrowing Cell) throws { self = try decodeInteger(cell, as: Self.self) }
    public init(json value: JSONValue) throws { self = try decodeInteger(value, as: Self.self) }
}

extension Int64: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .int8 }
    public static var postgresElementType: PostgresType { .int8 }
    public static var postgresArrayType: PostgresType { .int8Array }
    public var elementBytes: [UInt8] { bigEndianBytes(self) }
    public var bind: Bind { .integer(Int64(self), as: .int8) }
    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let value = loadBigEndian(elementBytes, as: Self.self) else { return nil }
        self = value
    }
    public init(postgres cell: borrowing Cell) throws { self = try decodeInteger(cell, as: Self.self) }
    public init(json value: JSONValue) throws { self = try decodeInteger(value, as: Self.self) }
}

extension Int: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .int8 }
    public static var postgresElementType: PostgresType { .int8 }
    public static var postgresArrayType: PostgresType { .int8Array }
    public var elementBytes: [UInt8] { bigEndianBytes(Int64(self)) }
    public var bind: Bind { .integer(Int64(self), as: .int8) }
    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let value = loadBigEndian(elementBytes, as: Int64.self), let integer = Int(exactly: value) else {
            return nil
        }
        self = integer
    }
    public init(postgres cell: borrowing Cell) throws { self = try decodeInteger(cell, as: Self.self) }
    public init(json value: JSONValue) throws { self = try decodeInteger(value, as: Self.self) }
}
