package import HeliographPostgres

/// Where a transaction's statements go: a connection, or memory in tests.
package protocol TransactionBackend: Sendable {
    /// Whether a statement has failed, outside of a savepoint that undid it, so that all that follow fail.
    var isFailed: Bool { get async }

    /// Whether statements are only taken note of, so that none returns a row.
    var keepsNoRows: Bool { get }

    /// Runs a statement, behind what opens the transaction if it is the first.
    func run(_ sql: SQL, file: String, line: UInt) async throws -> Rows

    /// Runs statements in one round trip, if it can: those behind one that fails are not run.
    /// - Throws: what the first one that fails throws.
    func run(all statements: [SQL]) async throws -> [Rows]

    /// Runs a statement that nobody waits for: with the next one, or before COMMIT.
    func runLater(_ sql: SQL) async throws

    /// Hands over a statement's rows as they come.
    func stream<R>(_ sql: SQL, _ body: (RowStream) async throws -> R) async throws -> R

    /// Runs `body` in a savepoint: kept when it returns, undone when it throws.
    func savepoint<R>(_ body: () async throws -> R) async throws -> R

    /// - Throws: as `Connection.commit()`. A transaction without a statement is not even begun.
    func commit() async throws
}

extension TransactionBackend {
    package var keepsNoRows: Bool { false }

    package func run(all statements: [SQL]) async throws -> [Rows] {
        var results: [Rows] = []
        for statement in statements { results.append(try await run(statement, file: #fileID, line: #line)) }
        return results
    }

    package func runLater(_ sql: SQL) async throws { _ = try await run(sql, file: #fileID, line: #line) }

    package func stream<R>(_ sql: SQL, _ body: (RowStream) async throws -> R) async throws -> R {
        throw PostgresError(.invalidUse, "there is no server here to stream rows from")
    }
}
