public import HeliographPostgres

/// A column of a table and the property that holds its value.
///
/// ```swift
/// Column("email", \.email).unique()
/// Column("created_at", \.createdAt).generated()  // a Date?, with DEFAULT now() in the table
/// ```
public struct Column<M: Model, Value: PostgresCodable>: Sendable {
    let path: any KeyPath<M, Value> & Sendable
    private(set) var description: ColumnDescription

    /// Maps a column to a property.
    ///
    /// - Parameters:
    ///   - name: The column's name, as it is in the table and unquoted.
    ///   - path: The property.
    public init(_ name: String, _ path: any KeyPath<M, Value> & Sendable) {
        self.init(name, path, isKey: false)
    }

    init(_ name: String, _ path: any KeyPath<M, Value> & Sendable, isKey: Bool) {
        self.path = path
        description = ColumnDescription(name: name, valueType: Value.self, isKey: isKey)
    }

    /// Says that no two rows have the same value, so that a violation is reported on this field.
    ///
    /// The table itself must have the constraint; this declares it to the mapping.
    ///
    /// - Parameter constraint: The constraint's or unique index's name, if it is not one that PostgreSQL would choose:
    ///   `table_column_key` or `table_column_idx`.
    public func unique(constraint: String? = nil) -> Self {
        var column = self
        column.description.isUnique = true
        if let constraint { column.description.constraints.append(constraint) }
        return column
    }

    /// Names a constraint (check, foreign key, …) whose violation is to be reported on this field.
    ///
    /// Names that PostgreSQL would choose, such as `table_column_check` and `table_column_fkey`, need not be given.
    ///
    /// - Parameter constraint: The constraint's name in the table.
    public func constrained(by constraint: String) -> Self {
        var column = self
        column.description.constraints.append(constraint)
        return column
    }

    /// Lets the database fill the column in: while the property is `nil` the column is left out of INSERT and UPDATE, and
    /// the value it has in the row is read back.
    ///
    /// So a value that is there cannot be set to NULL through the model.
    public func generated<Wrapped>() -> Self where Value == Wrapped? {
        var column = self
        column.description.isGenerated = true
        return column
    }
}
