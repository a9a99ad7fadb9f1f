public import HeliographPostgres

extension Connection: ModelReader {
    /// Runs one statement and returns its rows.
    ///
    /// - Throws: `PostgresError`.
    public nonisolated func rows(_ sql: SQL, file: String, line: UInt) async throws -> Rows {
        try await query(sql, file: file, line: line)
    }
}
