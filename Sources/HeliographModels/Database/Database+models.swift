public import HeliographPostgres

extension Database {
    /// Writes an instance in a transaction of its own: see ``Transaction/save(_:)``.
    ///
    /// - Parameter instance: The instance; it changes only if the transaction has been committed.
    /// - Throws: As ``Transaction/save(_:)`` and ``transaction(_:attempts:_:)``.
    public func save<M: Model>(_ instance: inout M) async throws {
        let given = instance
        instance = try await transaction { transaction in
            var copy = given
            try await transaction.save(&copy)
            return copy
        }
    }

    /// Deletes an instance's row in a transaction of its own: see ``Transaction/delete(_:)``.
    ///
    /// - Parameter instance: The instance whose row to delete.
    /// - Throws: As ``Transaction/delete(_:)`` and ``transaction(_:attempts:_:)``.
    public func delete<M: Model>(_ instance: M) async throws {
        try await transaction { try await $0.delete(instance) }
    }

    /// The instance with this key.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - key: The key's value; of a composite key, the values in the mapping's order.
    /// - Returns: `nil` if there is no such row.
    /// - Throws: As ``Transaction/find(_:_:)``.
    public func find<M: Model, each Key: PostgresEncodable>(_ model: M.Type, _ key: repeat each Key) async throws -> M?
    {
        let sql = try M.mapping.selection(key: repeat each key)
        return try await pool.query(sql).first.map(M.mapping.decode)
    }

    /// The instances of a model.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - condition: What stands behind WHERE. Default: all rows.
    ///   - order: What stands behind ORDER BY. Default: the server's, which is none.
    ///   - limit: At most so many. Default: no limit.
    /// - Throws: `PostgresError`.
    public func all<M: Model>(
        _ model: M.Type, where condition: SQL? = nil, orderBy order: SQL? = nil, limit: Int? = nil
    ) async throws -> [M] {
        let sql = M.mapping.selection(where: condition, orderBy: order, limit: limit)
        return try await pool.query(sql).map(M.mapping.decode)
    }

    /// Runs one statement, which is a transaction of its own, and reads its rows as instances of a model, by the columns'
    /// names.
    ///
    /// - Parameters:
    ///   - sql: The statement; its columns may be in any order, and more than the model's.
    ///   - model: The model.
    /// - Throws: `PostgresError`; ``ModelError`` with `undecodable` when a column is missing.
    public func query<M: Model>(
        _ sql: SQL, as model: M.Type, file: String = #fileID, line: UInt = #line
    ) async throws -> [M] {
        try M.mapping.decode(rows: await pool.query(sql, file: file, line: line))
    }
}
