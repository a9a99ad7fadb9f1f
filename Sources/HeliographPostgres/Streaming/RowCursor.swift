/// A portal on the server: a query's rows in portions, while other statements run between them.
public struct RowCursor: Sendable {
    let connection: Connection
    let name: String

    /// The next rows, at most so many; none at the end.
    public func fetch(_ count: Int) async throws -> Rows {
        try await connection.query("FETCH FORWARD \(unsafe: String(max(0, count))) FROM \(identifier: name)")
    }

    /// Skips rows.
    /// - Returns: how many there were to skip.
    @discardableResult
    public func skip(_ count: Int) async throws -> Int {
        try await connection.query("MOVE FORWARD \(unsafe: String(max(0, count))) FROM \(identifier: name)")
            .affectedRows
    }
}

extension Connection {
    /// Opens a portal for a query, for the time of `body`; in a transaction, which is begun if there is none.
    ///
    /// ```swift
    /// try await connection.withCursor("SELECT id FROM users") { cursor in
    ///     while case let rows = try await cursor.fetch(1_000), !rows.isEmpty { … }
    /// }
    /// ```
    public nonisolated func withCursor<R>(_ sql: SQL, _ body: (RowCursor) async throws -> R) async throws -> R {
        if await isIdle { return try await transaction { try await $0.withCursor(sql, body) } }
        let cursor = RowCursor(connection: self, name: "heliograph_\(await nextCursor())")
        try await query("DECLARE \(identifier: cursor.name) NO SCROLL CURSOR FOR \(sql)")
        let result = try await body(cursor)
        // A failed transaction has closed it already, and its end closes the rest.
        if await !isInFailedTransaction { try await query("CLOSE \(identifier: cursor.name)") }
        return result
    }
}
