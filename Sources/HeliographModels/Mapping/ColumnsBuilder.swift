public import HeliographPostgres

/// Puts the columns of a ``Mapping`` together, one a line, and keeps their types apart for the compiler to check.
@resultBuilder
public enum ColumnsBuilder<M: Model> {
    /// A column as it is.
    public static func buildExpression<Value>(_ column: Column<M, Value>) -> Column<M, Value> { column }

    /// A key's column.
    public static func buildExpression<Value>(_ key: Key<M, Value>) -> Column<M, Value> { key.column }

    /// All columns, in order.
    public static func buildBlock<each Value: PostgresCodable>(
        _ column: repeat Column<M, each Value>
    ) -> (repeat Column<M, each Value>) {
        (repeat each column)
    }
}
