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
    public init(json value: JSONValue) throws {
        guard case .string(let text) = value, text.hasPrefix("\\x"), text.utf8.count % 2 == 0 else {
            throw JSONMismatch(Data.self)
        }
        let digits = Array(text.utf8.dropFirst(2))
        var bytes = Data(capacity: digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                throw JSONMismatch(Data.self)
            }
            bytes.append(byte)
        }
        self = bytes
    }
}
