public import Foundation

/// `bytea`.
extension Data: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .bytea }
    public static var postgresElementType: PostgresType { .bytea }
    public static var postgresArrayType: PostgresType { .byteaArray }
    public var elementBytes: [UInt8] { Array(self) }
    public var bind: Bind { .binary(elementBytes, as: .bytea) }

    public init?(elementBytes: UnsafeRawBufferPointer) { self.init(elementBytes) }

    public init(postgres cell: Cell) throws {
        self = try cell.withBytes(for: Data.self) { bytes in
            guard cell.type == .bytea else { throw cell.mismatch(Data.self) }
            return Data(bytes)
        }
    }

    /// `\x` and two hexadecimal digits a byte.
    public init(json value: JSONValue) throws { self.init(try Self.bytes(json: value)) }

    static func bytes(json value: JSONValue) throws -> [UInt8] {
        guard case .string(let text) = value, text.hasPrefix("\\x"), text.utf8.count % 2 == 0 else {
            throw JSONMismatch(Data.self)
        }
        let digits = Array(text.utf8.dropFirst(2))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                throw JSONMismatch(Data.self)
            }
            bytes.append(byte)
        }
        return bytes
    }
}

/// A byte by itself is an `int2`; an array of bytes is a `bytea`.
extension UInt8: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .int2 }
    public static var postgresElementType: PostgresType { .int2 }
    public static var postgresArrayType: PostgresType { .bytea }
    public var elementBytes: [UInt8] { Int16(self).elementBytes }
    public var bind: Bind { Int16(self).bind }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let value = Int16(elementBytes: elementBytes), let byte = UInt8(exactly: value) else { return nil }
        self = byte
    }

    public init(postgres cell: Cell) throws {
        guard let byte = UInt8(exactly: try Int64(postgres: cell)) else {
            throw cell.unrepresentable(UInt8.self, "the value is out of its range")
        }
        self = byte
    }

    public init(json value: JSONValue) throws {
        guard case .number(let digits) = value, let byte = UInt8(digits) else { throw JSONMismatch(UInt8.self) }
        self = byte
    }

    public static func bind(array: [UInt8]) -> Bind { .binary(array, as: .bytea) }

    public static func array(postgres cell: Cell) throws -> [UInt8] {
        try cell.withBytes(for: [UInt8].self) { bytes in
            guard cell.type == .bytea else { throw cell.mismatch([UInt8].self) }
            return [UInt8](bytes)
        }
    }

    public static func array(json value: JSONValue) throws -> [UInt8] { try Data.bytes(json: value) }
}
