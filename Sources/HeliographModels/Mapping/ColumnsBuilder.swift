/// Puts the columns of a ``Mapping`` together, one a line, and keeps their types apart for the compiler to check.
@resultBuilder
public enum ColumnsBuilder<Root: Sendable> {
    /// A ``Column``, a ``Key`` or a ``Nested`` value, as what it says of its columns.
    public static func buildExpression<Property: MappedProperty>(
        _ property: Property
    ) -> Column<Root, Property.Value> where Property.Root == Root { property.column }

    /// All columns, in order.
    public static func buildBlock<each Value: Sendable>(
        _ column: repeat Column<Root, each Value>
    ) -> ColumnList<Root, repeat each Value> {
        ColumnList(repeat each column)
    }
}
