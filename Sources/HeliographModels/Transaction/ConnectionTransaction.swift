package import HeliographPostgres

/// A transaction on a connection.
package struct ConnectionTransaction: TransactionBackend {
    private let connection: Connection
    private let opening: TransactionOpening
    private let postpones: Bool

    /// - Parameter opening: what opens it; is sent with the first statement.
    /// - Parameter postpones: whether statements that nobody waits for travel with others; if not, they are run at once.
    package init(_ connection: Connection, _ opening: TransactionOpening, postpones: Bool = true) {
        self.connection = connection
        self.postpones = postpones
        self.opening = opening
    }

    package var isFailed: Bool {
        get async { await connection.isInFailedTransaction }
    }

    package func run(_ sql: SQL, file: String, line: UInt) async throws -> Rows {
        try await connection.query(
            sql, isPlain: TransactionControl.isPlain(sql), behind: { [opening] in opening.take() }, file: file,
            line: line)
    }

    /// Runs statements of several receivers in one round trip.
    /// - Returns: what came of each.
    /// - Throws: what concerns all of them.
    package func pipeline(_ statements: [SQL]) async throws -> [StatementOutcome] {
        try await connection.pipelineOutcomes(statements, behind: { [opening] in opening.take() })
    }

    package func run(all statements: [SQL]) async throws -> [Rows] {
        try await pipeline(statements).map { outcome in
            switch outcome {
            case .rows(let rows): rows
            case .failed(let error): throw error
            case .skipped: throw PostgresError(.transactionAborted, "a statement before this one has failed")
            }
        }
    }

    package func stream<R>(_ sql: SQL, _ body: (RowStream) async throws -> R) async throws -> R {
        try await connection.open { [opening] in opening.take() }
        return try await connection.stream(sql, body)
    }

    package func runLater(_ sql: SQL) async throws {
        guard postpones, TransactionControl.isPlain(sql) else {
            _ = try await run(sql, file: #fileID, line: #line)
            return
        }
        try connection.check(sql)
        opening.append(sql)
    }

    package func savepoint<R>(_ body: () async throws -> R) async throws -> R {
        try await connection.open { [opening] in opening.take() }
        do {
            return try await connection.savepoint { _ in
                let result = try await body()
                // What nobody has waited for belongs to the savepoint, too.
                try await connection.open { [opening] in opening.take() }
                return result
            }
        } catch {
            _ = opening.take()
            throw error
        }
    }

    package func commit() async throws {
        let isSent = opening.isSent
        guard let last = opening.takeForCommit() else { return }
        try await connection.commit(behind: last, isBegun: isSent)
    }
}
