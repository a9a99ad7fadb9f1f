/// One value of a result, before it becomes a Swift value.
public struct Cell: Sendable {
    let storage: ResultStorage
    let row: Int
    let column: Int

    /// The column's type.
    public var type: PostgresType { storage.columnType(column) }

    /// Whether the value is NULL.
    public var isNull: Bool { storage.bytes(row: row, column: column) == nil }

    /// Calls `body` with the value's bytes in the type's binary format. They are valid during the call only.
    /// - Throws: `decoding` when the value is NULL.
    public func withBytes<R>(for type: Any.Type, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        guard let bytes = storage.bytes(row: row, column: column) else {
            throw error("is NULL, and \(type) cannot be")
        }
        guard storage.isBinary(column) else { throw error("came as text, and values are read in binary only") }
        return try withExtendedLifetime(storage) { try body(bytes) }
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
