/// A statement together with what its rows are to become.
///
/// The loop over the rows is inlined where the statement is made, since there the compiler knows all types.
public struct Statement<Output: Sendable>: Sendable {
    public let sql: SQL
    let decode: @Sendable (Row) throws -> Output
    /// Decodes all rows of a result.
    let decodeAll: @Sendable (ResultStorage, inout [Output]) throws -> Void

    @usableFromInline
    init(
        sql: SQL, decode: @escaping @Sendable (Row) throws -> Output,
        decodeAll: @escaping @Sendable (ResultStorage, inout [Output]) throws -> Void
    ) {
        self.sql = sql
        self.decode = decode
        self.decodeAll = decodeAll
    }

    /// - Parameter decode: makes one of them from a row.
    @inlinable
    public init(_ sql: SQL, decode: @escaping @Sendable (Row) throws -> Output) {
        self.init(sql: sql, decode: decode) { result, values in
            for index in 0..<result.rowCount { values.append(try decode(Row(storage: result, index: index))) }
        }
    }

    /// A statement of which the first column is wanted.
    @inlinable
    public init(_ sql: SQL, as type: Output.Type) where Output: PostgresDecodable {
        self.init(sql) { try $0.decode(0) }
    }

    /// A statement of which the first columns are wanted, in order.
    @inlinable
    public init<each Value: PostgresDecodable>(
        _ sql: SQL, as types: (repeat each Value).Type
    ) where Output == (repeat each Value) {
        self.init(sql) { try $0.decode(as: (repeat (each Value).self)) }
    }
}
