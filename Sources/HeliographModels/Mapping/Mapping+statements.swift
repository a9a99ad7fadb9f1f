import HeliographPostgres

extension Mapping {
    var tableName: SQL { SQL(unsafe: table.qualifiedName) }

    /// All rows, to be continued with WHERE and the like.
    private var select: SQL { "SELECT \(selectList) FROM \(tableName)" }

    /// The row with this key.
    func selection<each Key: PostgresEncodable>(key: repeat each Key) throws -> SQL {
        var binds: [Bind] = []
        for value in repeat each key { binds.append(value.bind) }
        return "\(select) WHERE \(try keyCondition(binds: binds))"
    }

    /// Rows by a condition (what stands behind WHERE), in an order (behind ORDER BY), at most so many.
    func selection(where condition: SQL?, orderBy order: SQL?, limit: Int?) -> SQL {
        var sql = select
        if let condition { sql = "\(sql) WHERE (\(condition))" }
        if let order { sql = "\(sql) ORDER BY \(order)" }
        if let limit { sql = "\(sql) LIMIT \(limit)" }
        return sql
    }

    /// Whether the key is one that the database draws, and has not been drawn yet.
    func lacksGeneratedKey(_ values: [Bind]) -> Bool {
        zip(columns, values).contains { $0.isKey && $0.isLeftToDatabase($1) }
    }

    /// Whether the database draws the key, or a part of it.
    var hasGeneratedKey: Bool { storage.hasGeneratedKey }

    /// `"id" = $1`, for the row that has the key of these values.
    func keyCondition(_ values: [Bind]) throws -> SQL {
        try keyCondition(binds: zip(columns, values).filter { $0.0.isKey }.map { $0.1 })
    }

    /// `"id" = $1`, for the row that has this key.
    func keyCondition(binds: [Bind]) throws -> SQL {
        let names = keyColumns.map(\.name)
        guard !names.isEmpty else { throw ModelError(.wrongKey, "the mapping of \(M.self) has no key") }
        guard names.count == binds.count else {
            throw ModelError(
                .wrongKey, "the key of \(M.self) has \(names.count) columns, and \(binds.count) values were given"
            )
        }
        return .joined(zip(names, binds).map { "\(identifier: $0) = \(bind: $1)" }, by: " AND ")
    }

    /// Writes a new row and returns it.
    func insert(_ values: [Bind], returnsRow: Bool = true) -> SQL {
        let usual = storage.insertion
        if usual.fits(values) { return usual.statement(values, returnsRow: returnsRow) }
        let columns = columns
        let given = columns.indices.filter { !columns[$0].isLeftToDatabase(values[$0]) }
        return Insertion(into: storage.table, of: given).statement(values, returnsRow: returnsRow)
    }

    /// Writes columns into the row that `key` finds, and returns it.
    /// - Parameter chosen: the columns to write; `nil` for all but the key's.
    func update(_ values: [Bind], only chosen: [Int]? = nil, where key: SQL) -> SQL {
        let written = chosen ?? columns.indices.filter { !columns[$0].isKey }
        let assignments = written.filter { !columns[$0].isLeftToDatabase(values[$0]) }
            .map { "\(identifier: columns[$0].name) = \(bind: values[$0])" as SQL }
        // A table of nothing but its key has nothing to update; the row is read and locked all the same.
        guard !assignments.isEmpty else { return "\(select) WHERE \(key) FOR NO KEY UPDATE" }
        return "UPDATE \(tableName) SET \(.joined(assignments, by: ", ")) WHERE \(key) RETURNING \(selectList)"
    }

    /// The row that `key` finds.
    func row(where key: SQL) -> SQL { "\(select) WHERE \(key)" }

    /// Removes the row that `key` finds, and returns what it was.
    func delete(where key: SQL) -> SQL { "DELETE FROM \(tableName) WHERE \(key) RETURNING \(selectList)" }

    /// One row if the key exists; it is then locked against change and deletion until the transaction ends.
    func lock(where key: SQL) -> SQL { "SELECT 1 FROM \(tableName) WHERE \(key) FOR NO KEY UPDATE" }

    /// Rows of the table by the name it has in queries.
    func rows(of condition: SQL?) -> SQL {
        let all: SQL = "SELECT \(selectList) FROM \(tableName) AS \(unsafe: QueryNames.root)"
        return condition.map { "\(all) WHERE \($0)" } ?? all
    }

    /// Removes rows of the table by the name it has in queries.
    func delete(_ condition: SQL?) -> SQL {
        let all: SQL = "DELETE FROM \(tableName) AS \(unsafe: QueryNames.root)"
        return condition.map { "\(all) WHERE \($0)" } ?? all
    }
}
