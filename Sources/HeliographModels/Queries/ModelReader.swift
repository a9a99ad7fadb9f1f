public import HeliographPostgres

/// Where models are read from: a ``Database``, each of whose statements is a transaction of its own, or a ``Transaction``.
///
/// ## Topics
/// ### By key and by query
/// - ``find(_:_:)``
/// - ``all(_:)``
/// - ``first(_:)``
/// - ``count(_:)``
/// - ``exists(_:)``
/// - ``related(to:by:_:)``
/// ### By SQL
/// - ``all(_:where:orderBy:limit:)``
/// - ``query(_:as:file:line:)``
public protocol ModelReader {
    /// Runs one statement and returns its rows.
    ///
    /// - Throws: `PostgresError`.
    func rows(_ sql: SQL, file: String, line: UInt) async throws -> Rows
}

extension ModelReader {
    /// The instance with this key.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - key: The key's value; of a composite key, the values in the mapping's order.
    /// - Returns: `nil` if there is no such row.
    /// - Throws: `PostgresError`; ``ModelError`` with `wrongKey` when the number of values is not that of the key's columns.
    public func find<M: Model, each Key: PostgresEncodable>(
        _ model: M.Type, _ key: repeat each Key, file: String = #fileID, line: UInt = #line
    ) async throws -> M? {
        let sql = try M.mapping.selection(key: repeat each key)
        return try await rows(sql, file: file, line: line).first.map(M.mapping.decode)
    }

    /// What a query returns.
    ///
    /// - Throws: `PostgresError`; ``ModelError`` with `wrongQuery`.
    public func all<M: Model, Output>(
        _ query: Query<M, Output>, file: String = #fileID, line: UInt = #line
    ) async throws -> [Output] {
        let rows = try await rows(query.statement(), file: file, line: line)
        let decode = query.selection.decode
        return try rows.map { try decode($0, 0) }
    }

    /// The first of what a query returns; `nil` if that is nothing.
    ///
    /// - Throws: `PostgresError`; ``ModelError`` with `wrongQuery`.
    public func first<M: Model, Output>(
        _ query: Query<M, Output>, file: String = #fileID, line: UInt = #line
    ) async throws -> Output? {
        try await all(query.limit(min(query.limit ?? 1, 1)), file: file, line: line).first
    }

    /// How many rows a query returns.
    ///
    /// - Throws: `PostgresError`; ``ModelError`` with `wrongQuery`.
    public func count<M: Model, Output>(
        _ query: Query<M, Output>, file: String = #fileID, line: UInt = #line
    ) async throws -> Int {
        // In a query of its own, so that groups, what is distinct, limit and locks count as they do in the query itself.
        let sql: SQL = "SELECT count(*) FROM (\(try query.statement())) AS counted"
        return try await rows(sql, file: file, line: line).first?.decode(0) ?? 0
    }

    /// Whether a query returns anything.
    ///
    /// - Throws: `PostgresError`; ``ModelError`` with `wrongQuery`.
    public func exists<M: Model, Output>(
        _ query: Query<M, Output>, file: String = #fileID, line: UInt = #line
    ) async throws -> Bool {
        return try await !rows(query.existence(), file: file, line: line).isEmpty
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
        _ model: M.Type, where condition: SQL? = nil, orderBy order: SQL? = nil, limit: Int? = nil,
        file: String = #fileID, line: UInt = #line
    ) async throws -> [M] {
        let sql = M.mapping.selection(where: condition, orderBy: order, limit: limit)
        return try await rows(sql, file: file, line: line).map(M.mapping.decode)
    }

    /// Runs one statement and reads its rows as instances of a model, by the columns' names.
    ///
    /// - Parameters:
    ///   - sql: The statement; its columns may be in any order, and more than the model's.
    ///   - model: The model.
    /// - Throws: `PostgresError`; ``ModelError`` with `undecodable` when a column is missing.
    public func query<M: Model>(
        _ sql: SQL, as model: M.Type, file: String = #fileID, line: UInt = #line
    ) async throws -> [M] {
        try M.mapping.decode(rows: await rows(sql, file: file, line: line))
    }
}
