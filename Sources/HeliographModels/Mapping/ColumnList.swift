/// The columns of a mapping, each with its type.
public struct ColumnList<Root: Sendable, each Value: Sendable>: Sendable {
    @usableFromInline let columns: (repeat Column<Root, each Value>)

    @usableFromInline
    init(_ column: repeat Column<Root, each Value>) { columns = (repeat each column) }
}
