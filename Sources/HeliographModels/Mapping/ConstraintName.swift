/// The names PostgreSQL chooses for constraints and indexes that were given none.
enum ConstraintName {
    /// The longest name, in bytes of UTF-8.
    private static let limit = 63

    /// `table_column_label`, or `table_label` without a column, cut as PostgreSQL cuts it (`makeObjectName`): the longer of
    /// the two names loses its end, byte by byte, and then what is left of a cut character.
    static func chosen(table: String, column: String?, label: String) -> String {
        var lengths = (table: table.utf8.count, column: column?.utf8.count ?? 0)
        let available = limit - label.utf8.count - 1 - (column == nil ? 0 : 1)
        while lengths.table + lengths.column > available {
            if lengths.table > lengths.column { lengths.table -= 1 } else { lengths.column -= 1 }
        }
        let table = prefix(of: table, bytes: lengths.table)
        guard let column else { return "\(table)_\(label)" }
        return "\(table)_\(prefix(of: column, bytes: lengths.column))_\(label)"
    }

    /// As many whole characters (in Unicode's sense of scalars) as fit into so many bytes.
    private static func prefix(of name: String, bytes: Int) -> String {
        var prefix = String.UnicodeScalarView()
        var count = 0
        for scalar in name.unicodeScalars {
            count += UTF8.width(scalar)
            if count > bytes { break }
            prefix.append(scalar)
        }
        return String(prefix)
    }
}
