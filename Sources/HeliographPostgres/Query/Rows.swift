/// The rows a statement returned, all in memory.
public struct Rows: Sendable, RandomAccessCollection {
    private let storage: ResultStorage?
    /// Of a statement that no server has run.
    private let affected: Int

    init(_ storage: ResultStorage?) {
        self.storage = storage
        affected = 0
    }

    /// No rows, of a statement that no server has run.
    /// - Parameter affected: how many it would have inserted, updated or deleted.
    package init(affected: Int) {
        storage = nil
        self.affected = affected
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { storage?.rowCount ?? 0 }

    public subscript(position: Int) -> Row {
        precondition(position >= 0 && position < endIndex, "row \(position) of \(endIndex)")
        guard let storage else { preconditionFailure("an empty result has no row") }
        return Row(storage: storage, index: position)
    }

    /// The columns' names, in order.
    public var columnNames: [String] {
        storage.map { storage in (0..<storage.columnCount).map(storage.columnName) } ?? []
    }

    /// What the server says it did: `INSERT 0 3`, `COMMIT`.
    public var commandTag: String { storage?.commandTag ?? "" }

    /// Rows inserted, updated, deleted or selected; 0 for other commands.
    public var affectedRows: Int { storage?.affectedRows ?? affected }

    /// The first columns of each row, in order, as these types: `try rows.decode(as: (Int64.self, String.self))`.
    /// - Throws: ``PostgresError`` with `decoding`, naming row, column and types.
    public func decode<each Value: PostgresDecodable>(as types: (repeat (each Value).Type)) throws -> [(
        repeat each Value
    )] {
        var decoded: [(repeat each Value)] = []
        decoded.reserveCapacity(count)
        for row in self { decoded.append(try row.decode(as: (repeat each types))) }
        return decoded
    }
}
