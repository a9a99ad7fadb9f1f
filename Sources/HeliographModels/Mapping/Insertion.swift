import HeliographPostgres

/// The text of an INSERT that gives values for some columns of a table.
struct Insertion: Sendable {
    /// The places of the columns that it gives values for, in order.
    let columns: [Int]
    /// The places of the others.
    private let omitted: [Int]
    /// What comes before the values.
    private let head: String
    /// What comes behind them.
    private let tail: String
    /// The same, and that the row is returned.
    private let returningTail: String

    init(into table: TableDescription, of columns: [Int]) {
        self.columns = columns
        omitted = table.columns.indices.filter { !columns.contains($0) }
        func list(_ places: some Sequence<Int>) -> String {
            places.map { SQL.quoted(identifier: table.columns[$0].name) }.joined(separator: ", ")
        }
        let start = "INSERT INTO \(table.qualifiedName) "
        head = start + (columns.isEmpty ? "DEFAULT VALUES" : "(\(list(columns))) VALUES (")
        tail = columns.isEmpty ? "" : ")"
        returningTail = tail + " RETURNING \(list(table.columns.indices))"
    }

    /// Whether the columns that it gives no value for are NULL in a row, so that nothing of the row is lost.
    func fits(_ values: [Bind]) -> Bool { omitted.allSatisfy { values[$0].isNull } }

    /// Writes a row.
    /// - Parameter values: of all columns of the table.
    func statement(_ values: [Bind], returnsRow: Bool) -> SQL {
        SQL(
            unsafe: head, values, at: columns, separator: ", ", tail: returnsRow ? returningTail : tail)
    }

    /// Writes rows and returns them. Without a column there is no list of VALUES of several rows.
    /// - Parameter rows: each with the values of all columns of the table.
    func statement(all rows: some Sequence<[Bind]>) -> SQL {
        let lists = rows.map { row in SQL(unsafe: "", row, at: columns, separator: ", ", tail: "") }
        return "\(unsafe: head)\(.joined(lists, by: "), ("))\(unsafe: returningTail)"
    }
}
