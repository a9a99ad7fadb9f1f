/// One row of a result.
public struct Row: Sendable {
    @usableFromInline let storage: ResultStorage
    /// The row's place in the result, from 0.
    public let index: Int

    @inlinable
    init(storage: ResultStorage, index: Int) {
        self.storage = storage
        self.index = index
    }

    /// How many columns it has.
    public var columnCount: Int { storage.columnCount }

    /// Whether a column's value is NULL; so is that of a column that is not there.
    public func isNull(_ column: Int) -> Bool {
        column < 0 || column >= storage.columnCount || storage.bytes(row: index, column: column) == nil
    }

    /// A column's value, by its place from 0.
    /// - Throws: ``PostgresError`` with `decoding`, naming column, PostgreSQL type and Swift type.
    @inlinable
    public func decode<Value: PostgresDecodable>(_ column: Int, as type: Value.Type = Value.self) throws -> Value {
        try Value(postgres: cell(column))
    }

    /// A column's value, by its exact name.
    /// - Throws: ``PostgresError`` with `decoding`, naming column, PostgreSQL type and Swift type.
    @inlinable
    public func decode<Value: PostgresDecodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        try Value(postgres: cell(named: column))
    }

    @inlinable
    func cell(_ column: Int) throws(PostgresError) -> Cell {
        guard column >= 0, column < storage.columnCount else { throw noColumn(column) }
        return Cell(storage: storage, row: index, column: column)
    }

    @usableFromInline
    func noColumn(_ column: Int) -> PostgresError {
        PostgresError(.decoding, "the result has \(storage.columnCount) columns, none with index \(column)")
    }

    @usableFromInline
    func cell(named column: String) throws(PostgresError) -> Cell {
        guard let place = storage.columnIndex(column) else {
            throw PostgresError(.decoding, "the result has no column \"\(column)\"")
        }
        return Cell(storage: storage, row: index, column: place)
    }

    /// The first columns, in order, as these types.
    @inlinable
    public func decode<each Value: PostgresDecodable>(as types: (repeat (each Value).Type)) throws -> (
        repeat each Value
    ) {
        var column = -1
        func next<T: PostgresDecodable>(_ type: T.Type) throws -> T {
            column += 1
            return try decode(column, as: type)
        }
        return (repeat try next((each Value).self))
    }
}
