public import HeliographPostgres

extension Transaction {
    /// Runs one statement and returns its rows.
    ///
    /// Values are bound, never pasted into the text: `"SELECT … WHERE id = \(id)"`.
    ///
    /// - Throws: `PostgresError`: `invalidUse` for BEGIN, COMMIT, SAVEPOINT and the like, and when the transaction has ended;
    ///   else what the server says.
    @discardableResult
    public func query(_ sql: SQL, file: String = #fileID, line: UInt = #line) async throws -> Rows {
        try checkLive()
        try TransactionControl.refuse(sql)
        return try await run(sql, file: file, line: line)
    }

    /// Runs one statement and returns how many rows it inserted, updated, deleted or selected.
    ///
    /// No signals are sent for them in this process; the signal log hears of them, as of every change.
    ///
    /// - Throws: As ``query(_:file:line:)``.
    @discardableResult
    public func execute(_ sql: SQL, file: String = #fileID, line: UInt = #line) async throws -> Int {
        try await query(sql, file: file, line: line).affectedRows
    }

    /// Runs one statement and reads its rows as instances of a model, by the columns' names.
    ///
    /// - Parameters:
    ///   - sql: The statement; its columns may be in any order, and more than the model's.
    ///   - model: The model.
    /// - Throws: As ``query(_:file:line:)``; ``ModelError`` with `undecodable` when a column is missing.
    public func query<M: Model>(
        _ sql: SQL, as model: M.Type, file: String = #fileID, line: UInt = #line
    ) async throws -> [M] {
        try M.mapping.decode(rows: await query(sql, file: file, line: line))
    }

    /// The instance with this key.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - key: The key's value; of a composite key, the values in the mapping's order.
    /// - Returns: `nil` if there is no such row.
    /// - Throws: `PostgresError`; ``ModelError`` with `wrongKey` when the number of values is not that of the key's columns.
    public func find<M: Model, each Key: PostgresEncodable>(_ model: M.Type, _ key: repeat each Key) async throws -> M?
    {
        let sql = try M.mapping.selection(key: repeat each key)
        return try await run(sql).first.map(M.mapping.decode)
    }

    /// The instances of a model.
    ///
    /// ```swift
    /// let active = try await tx.all(User.self, where: "is_active AND email LIKE \(pattern)", orderBy: "username", limit: 20)
    /// ```
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
        return try await run(sql).map(M.mapping.decode)
    }
}
