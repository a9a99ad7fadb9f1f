/// Puts the columns of a ``Mapping`` together, one a line, and keeps their types apart for the compiler to check.
@resultBuilder
public enum ColumnsBuilder<Root: Sendable> {
    /// A column as it is.
    public static func buildExpression<Value>(_ column: Column<Root, Value>) -> Column<Root, Value> { column }

    /// A key's column.
    public static func buildExpression<Value>(_ key: Key<Root, Value>) -> Column<Root, Value> { key.column }

    /// The columns of a nested value.
    public static func buildExpression<Value>(_ nested: Nested<Root, Value>) -> Column<Root, Value> { nested.column }

    /// All columns, in order.
    public static func buildBlock<each Value: Sendable>(
        _ column: repeat Column<Root, each Value>
    ) -> (repeat Column<Root, each Value>) {
        (repeat each column)
    }
}
