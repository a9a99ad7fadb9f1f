public import HeliographPostgres

/// What a mapping says about one column, apart from the property it belongs to.
public struct ColumnDescription: Sendable {
    /// A PostgreSQL enum.
    public struct Enumeration: Sendable, Hashable {
        /// The type's name, unquoted.
        public let name: String
        var quotedName: String { SQL.quoted(identifier: name) }
        /// The labels that the program knows, in its order.
        public let labels: [String]
    }

    /// A condition that the table puts on its rows.
    public struct Check: Sendable, Hashable {
        /// The constraint's name; `nil` for the one that PostgreSQL would choose.
        public let name: String?
        /// The condition, as SQL.
        public let condition: String
    }

    /// What a column is when a statement gives nothing for it.
    enum Default: Sendable {
        case value(Bind)
        case sql(String)
    }

    /// The column's name, unquoted.
    public let name: String
    /// The property's type, as far as PostgreSQL is concerned: for a property that is kept as JSON, `JSON<Property>`.
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
    /// The row that the value refers to.
    public internal(set) var foreignKey: ForeignKey?
    /// The PostgreSQL enum it is of.
    public internal(set) var enumeration: Enumeration?
    /// The conditions that the table puts on it.
    public internal(set) var checks: [Check] = []
    /// What the program looks at before it writes a value.
    public internal(set) var rules: [RuleDeclaration] = []

    var declaredType: String?
    var uniqueConstraint: String?
    var defaultExpression: Default?
    /// What the column is in records that do not have it.
    var defaultRecordValue: JSONValue?

    @usableFromInline
    init(name: String, valueType: any PostgresCodable.Type, isKey: Bool) {
        self.name = name
        self.valueType = valueType
        self.isKey = isKey
        isOptional = valueType is any OptionalValue.Type
        // A key that can be nil is nil until the database has drawn it.
        isGenerated = isKey && isOptional
    }

    /// Whether rows may have NULL there. What the database fills in is never NULL.
    public var isNullable: Bool { isOptional && !isGenerated }

    /// The column's type, as it stands in CREATE TABLE.
    public var sqlType: String { declaredType ?? valueType.postgresType.sqlName }

    /// Whether a parameter is to be left out, so that the database fills the column in.
    func isLeftToDatabase(_ bind: Bind) -> Bool { isGenerated && bind.isNull }
}
