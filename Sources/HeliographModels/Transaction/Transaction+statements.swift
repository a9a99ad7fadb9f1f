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

    /// Runs a statement together with the next one, or with COMMIT: a round trip less, for what nobody needs an answer of.
    ///
    /// If it fails, the next statement throws its error, or the transaction's COMMIT does, as the failure that it is for its own model; nothing is committed then. Its place in the order is
    /// kept: what is run after it sees what it has written. In a worker it is run at once.
    ///
    /// - Parameter sql: INSERT, UPDATE, DELETE or the like. Others are run at once.
    /// - Throws: As ``query(_:file:line:)``, for what cannot be sent.
    public func executeLater(_ sql: SQL) async throws {
        try checkLive()
        try TransactionControl.refuse(sql)
        try await runLater(sql)
    }

    /// Runs one statement and returns its rows: ``query(_:file:line:)`` by the name that ``ModelReader`` has for it.
    ///
    /// - Throws: As ``query(_:file:line:)``.
    public func rows(_ sql: SQL, file: String, line: UInt) async throws -> Rows {
        try await query(sql, file: file, line: line)
    }
}
