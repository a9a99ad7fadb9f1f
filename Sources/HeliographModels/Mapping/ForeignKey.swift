/// What a mapping says about the row that a column refers to.
public struct ForeignKey: Sendable {
    /// What the database does to rows that refer to one that is deleted, or whose key changes.
    public enum Action: String, Sendable, CaseIterable {
        /// Nothing: while they refer to it, it cannot be deleted or changed. Looked at when the statement, or the transaction, ends.
        case noAction = "NO ACTION"
        /// The same, looked at at once.
        case restrict = "RESTRICT"
        /// They are deleted, or changed, as well.
        case cascade = "CASCADE"
        /// They refer to nothing.
        case setNull = "SET NULL"
        /// They refer to what the column's default says.
        case setDefault = "SET DEFAULT"
    }

    /// What becomes of rows whose target is deleted.
    public let onDelete: Action
    /// What becomes of rows whose target's key changes.
    public let onUpdate: Action
    /// The model that is referred to.
    let model: ObjectIdentifier
    /// Found out when it is asked for, since two models may refer to each other.
    private let find: @Sendable () -> (table: TableDescription, column: Int?)

    init<Target: Model, Value>(
        _ target: Target.Type, _ path: any KeyPath<Target, Value> & Sendable, _ onDelete: Action, _ onUpdate: Action
    ) {
        self.onDelete = onDelete
        self.onUpdate = onUpdate
        model = ObjectIdentifier(Target.self)
        find = { (Target.mapping.table, Target.mapping.index(of: PropertyPath(path))) }
    }

    /// The table that is referred to.
    public var table: TableDescription { find().table }

    var columnIndex: Int? { find().column }

    /// The column that is referred to; `nil` if the property has none, which ``Database/verify(_:)`` says.
    public var column: ColumnDescription? {
        let (table, column) = find()
        return column.map { table.columns[$0] }
    }
}
