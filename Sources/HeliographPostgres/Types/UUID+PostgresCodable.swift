public import Foundation

extension UUID: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .uuid }
    public static var postgresElementType: PostgresType { .uuid }
    public static var postgresArrayType: PostgresType { .uuidArray }
    public var elementBytes: [UInt8] { withUnsafeBytes(of: uuid) { Array($0) } }
    public var bind: Bind { .binary(elementBytes, as: .uuid) }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard elementBytes.count == 16 else { return nil }
        self.init(uuid: elementBytes.loadUnaligned(as: uuid_t.self))
    }

    public init(postgres cell: Cell) throws {
        self = try cell.withBytes(for: UUID.self) { bytes in
            guard cell.type == .uuid, let value = UUID(elementBytes: bytes) else { throw cell.mismatch(UUID.self) }
            return value
        }
    }

    public init(json value: JSONValue) throws {
        guard case .string(let text) = value, let value = UUID(uuidString: text) else { throw JSONMismatch(UUID.self) }
        self = value
    }
}
