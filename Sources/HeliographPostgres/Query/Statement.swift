/// A statement together with what its rows are to become.
public struct Statement<Output: Sendable>: Sendable {
    public let sql: SQL
    let decode: @Sendable (Row) throws -> Output

    /// - Parameter decode: makes one of them from a row.
    public init(_ sql: SQL, decode: @escaping @Sendable (Row) throws -> Output) {
        self.sql = sql
        self.decode = decode
    }

    /// A statement of which the first column is wanted.
    public init(_ sql: SQL, as type: Output.Type) where Output: PostgresDecodable {
        self.init(sql) { try $0.decode(0) }
    }

    /// A statement of which the first columns are wanted, in order.
    public init<each Value: PostgresDecodable>(
        _ sql: SQL, as types: (repeat each Value).Type
    ) where Output == (repeat each Value) {
        self.init(sql) { try $0.decode(as: (repeat (each Value).self)) }
    }
}
