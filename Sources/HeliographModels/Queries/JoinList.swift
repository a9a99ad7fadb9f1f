import HeliographPostgres

/// The relations that a query goes along from its model: one join each, however often it is used.
struct JoinList: Sendable, Hashable {
    struct Join: Sendable, Hashable {
        /// The joined table's name in the query.
        let alias: String
        let table: String
        let condition: String
        /// Whether there may be no row.
        let isOptional: Bool
    }

    private(set) var joins: [Join] = []
    /// The queries whose fields it is about.
    private(set) var scopes: Set<Int> = []

    init() {}

    init(scopes: Set<Int>) { self.scopes = scopes }

    func adding(_ join: Join) -> JoinList {
        guard !joins.contains(where: { $0.alias == join.alias }) else { return self }
        var sum = self
        sum.joins.append(join)
        return sum
    }

    static func + (left: JoinList, right: JoinList) -> JoinList {
        var sum = right.joins.reduce(left) { $0.adding($1) }
        sum.scopes.formUnion(right.scopes)
        return sum
    }

    /// What stands behind the table in FROM.
    var sql: SQL {
        SQL(
            unsafe: joins.map { join in
                " \(join.isOptional ? "LEFT JOIN" : "JOIN") \(join.table) AS \(SQL.quoted(identifier: join.alias))"
                    + " ON \(join.condition)"
            }.joined())
    }

    /// The name of a table that is reached from another by a column: the way there, if PostgreSQL takes so long a name.
    static func alias(_ parent: String, _ sign: String, _ column: String) -> String {
        let name = parent + sign + column.replacing(".", with: "..")
        guard name.utf8.count > 63 else { return name }
        return "t\(String(FNV1a.hash(name), radix: 16))"
    }
}
