/// One value of a result, before it becomes a Swift value.
public struct Cell: Sendable {
    @usableFromInline let storage: ResultStorage
    @usableFromInline let row: Int
    @usableFromInline let column: Int

    @inlinable
    init(storage: ResultStorage, row: Int, column: Int) {
        self.storage = storage
        self.row = row
        self.column = column
    }

    /// The column's type.
    public var type: PostgresType { storage.columnType(column) }

    /// Whether the value is NULL.
    public var isNull: Bool { storage.bytes(row: row, column: column) == nil }

    /// Calls `body` with the value's bytes in the type's binary format. They are valid during the call only.
    /// - Throws: `decoding` when the value is NULL.
    public func withBytes<R>(for type: Any.Type, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        try withExtendedLifetime(storage) { try body(bytes(for: type)) }
    }

    /// The value's bytes in the type's binary format, valid as long as the cell lives.
    /// - Throws: `decoding` when the value is NULL.
    @inline(__always)
    func bytes(for type: Any.Type) throws(PostgresError) -> UnsafeRawBufferPointer {
        guard let bytes = storage.bytes(row: row, column: column) else {
            throw error("is NULL, and \(type) cannot be")
        }
        guard storage.isBinary else { throw error("came as text, and values are read in binary only") }
        return bytes
    }

    /// The error for a column whose type does not fit.
    public func mismatch(_ type: Any.Type) -> PostgresError { error("of type \(self.type) cannot be read as \(type)") }

    /// The error for a value that the Swift type cannot hold.
    public func unrepresentable(_ type: Any.Type, _ reason: String) -> PostgresError {
        error("of type \(self.type) cannot be read as \(type): \(reason)")
    }

    private func error(_ what: String) -> PostgresError {
        var error = PostgresError(.decoding, "column \"\(storage.columnName(column))\" \(what)")
        error.column = storage.columnName(column)
        return error
    }
}
