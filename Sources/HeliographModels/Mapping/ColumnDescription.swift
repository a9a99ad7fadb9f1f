public import HeliographPostgres

/// What a mapping says about one column, apart from the property it belongs to.
public struct ColumnDescription: Sendable {
    /// The column's name, unquoted.
    public let name: String
    /// The property's type.
    public let valueType: any PostgresCodable.Type
    /// Whether it is part of the row's key.
    public let isKey: Bool
    /// Whether the property is an `Optional`.
    public let isOptional: Bool
    /// Whether no two rows may have the same value.
    public internal(set) var isUnique = false
    /// Whether the database fills it in where the property is `nil`.
    public internal(set) var isGenerated: Bool
    /// Names of constraints that belong to the column, beside those PostgreSQL would choose.
    public internal(set) var constraints: [String] = []

    init(name: String, valueType: any PostgresCodable.Type, isKey: Bool) {
        self.name = name
        self.valueType = valueType
        self.isKey = isKey
        isOptional = valueType is any OptionalValue.Type
        // A key that can be nil is nil until the database has drawn it.
        isGenerated = isKey && isOptional
    }
}
