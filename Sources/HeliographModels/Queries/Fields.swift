public import HeliographPostgres

/// The columns of a model, as a query sees them: by the names of the properties.
///
/// ```swift
/// Book.where { $0.title.contains("Swift") && $0.related(Author.self, by: \.authorID).name == "Ada" }
/// ```
@dynamicMemberLookup
public struct Fields<M: Model>: Sendable {
    /// The table's name in the query.
    let alias: String
    let joins: JoinList
    /// Whether there may be no row.
    let isOptional: Bool
    let fault: ModelError?

    /// The fields of a query's own model.
    /// - Parameter scope: the query's number.
    init(scope: Int = QueryNames.nextScope()) {
        alias = QueryNames.root
        joins = JoinList(scopes: [scope])
        isOptional = false
        fault = nil
    }

    /// The query's number.
    var scope: Int { joins.scopes.first ?? 0 }

    init(alias: String, joins: JoinList, isOptional: Bool, fault: ModelError?) {
        self.alias = alias
        self.joins = joins
        self.isOptional = isOptional
        self.fault = fault
    }

    /// The column of a property.
    public subscript<Value: PostgresCodable>(dynamicMember path: KeyPath<M, Value>) -> SQLExpression<Value> {
        self[path]
    }

    /// The column of a property, which may be one of a nested value: `$0[\.address.city]`.
    public subscript<Value: PostgresCodable>(path: KeyPath<M, Value>) -> SQLExpression<Value> {
        guard let index = M.mapping.index(of: PropertyPath(path)) else {
            return SQLExpression(sql: "NULL", isNullable: true, joins: joins, fault: fault ?? Self.unmapped(path))
        }
        let column = M.mapping.columns[index]
        return SQLExpression(
            sql: SQL(unsafe: qualified(column.name)), isNullable: column.isOptional && !column.isKey || isOptional,
            joins: joins,
            fault: fault)
    }

    /// A member of a property that is kept as JSON, as text; NULL if there is none.
    ///
    /// - Parameters:
    ///   - path: The property.
    ///   - member: The member's name.
    public func member<Value>(_ member: String, of path: KeyPath<M, Value>) -> SQLExpression<String?> {
        let index = M.mapping.index(of: PropertyPath(path))
        let column = index.map { M.mapping.columns[$0].name }
        return SQLExpression(
            sql: column.map { "(\(unsafe: qualified($0)) ->> \(unsafe: SQLText.literal(member)))" } ?? "NULL",
            isNullable: true, joins: joins,
            fault: fault ?? (column == nil ? Self.unmapped(path) : nil))
    }

    /// How many rows there are, or rows of a group.
    public func count() -> SQLExpression<Int> {
        SQLExpression(sql: "count(*)", isNullable: false, joins: joins, fault: fault)
    }

    /// The fields of the row that a property refers to; all NULL if it refers to none.
    ///
    /// - Parameters:
    ///   - target: The model that is referred to.
    ///   - path: The property, whose column the mapping declares by `references`.
    public func related<Target: Model, Value>(
        _ target: Target.Type, by path: KeyPath<M, Value>
    ) -> Fields<Target> {
        do {
            return try related(target, by: Relation(from: M.self, to: target, by: PropertyPath(path)))
        } catch {
            return Fields<Target>(alias: alias, joins: joins, isOptional: true, fault: fault ?? error)
        }
    }

    func related<Target: Model>(_ target: Target.Type, by relation: Relation) -> Fields<Target> {
        let name = JoinList.alias(alias, ".", relation.column.name)
        let optional = isOptional || relation.column.isNullable
        let other = "\(SQL.quoted(identifier: name)).\(SQL.quoted(identifier: relation.target.name))"
        let join = JoinList.Join(
            alias: name, table: Target.mapping.table.qualifiedName,
            condition: "\(qualified(relation.column.name)) = \(other)", isOptional: optional)
        return Fields<Target>(alias: name, joins: joins.adding(join), isOptional: optional, fault: fault)
    }

    /// Whether rows of another model refer to this one.
    ///
    /// ```swift
    /// Author.where { $0.exists(\Book.authorID) { $0.title.contains("Swift") } }
    /// ```
    ///
    /// - Parameters:
    ///   - path: The other model's property, whose column its mapping declares by `references`.
    ///   - condition: What must be true of them. Default: anything.
    public func exists<Child: Model, Value>(
        _ path: KeyPath<Child, Value>, _ condition: ((Fields<Child>) -> SQLExpression<Bool>)? = nil
    ) -> SQLExpression<Bool> {
        do throws(ModelError) {
            let relation = try Relation(from: Child.self, to: M.self, by: PropertyPath(path))
            let name = JoinList.alias(alias, "<", "\(Child.mapping.table.name).\(relation.column.name)")
            let child = Fields<Child>(alias: name, joins: JoinList(scopes: joins.scopes), isOptional: false, fault: nil)
            let given = condition?(child)
            if let given, !given.joins.scopes.isSubset(of: joins.scopes) {
                throw ModelError(.wrongQuery, "a condition on \(Child.self) uses a field of another query")
            }
            let link = "\(child.qualified(relation.column.name)) = \(qualified(relation.target.name))"
            var sql: SQL =
                """
                EXISTS (SELECT FROM \(unsafe: Child.mapping.table.qualifiedName) AS \(identifier: name)\(given?.joins.sql ?? "") \
                WHERE \(unsafe: link)
                """
            if let given { sql = "\(sql) AND \(given.sql)" }
            return SQLExpression(sql: "\(sql))", isNullable: false, joins: joins, fault: fault ?? given?.fault)
        } catch {
            return SQLExpression(sql: "NULL", isNullable: true, joins: joins, fault: fault ?? error)
        }
    }

    func qualified(_ column: String) -> String {
        "\(SQL.quoted(identifier: alias)).\(SQL.quoted(identifier: column))"
    }

    /// All columns, in the mapping's order.
    var list: SQL { SQL(unsafe: M.mapping.columns.map { qualified($0.name) }.joined(separator: ", ")) }

    private static func unmapped(_ path: AnyKeyPath) -> ModelError {
        ModelError(.wrongQuery, "the mapping of \(M.self) has no column for \(path)")
    }
}
