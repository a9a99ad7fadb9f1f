import HeliographPostgres

/// One property's value on its way into a statement.
struct ColumnValue: Sendable {
    let bind: Bind
    /// Whether the database is to fill the column in.
    let isLeftToDatabase: Bool
}

extension Column {
    /// The property's value in an instance.
    func value(in instance: M) -> ColumnValue {
        let value = instance[keyPath: path]
        // Asked only of generated columns, because the cast is not free.
        let isLeftToDatabase = description.isGenerated && (value as? any OptionalValue)?.isNil == true
        return ColumnValue(bind: value.bind, isLeftToDatabase: isLeftToDatabase)
    }
}
