package import HeliographPostgres

/// Where a transaction's statements go: a connection, or memory in tests.
package protocol TransactionBackend: Sendable {
    /// Whether a statement has failed, outside of a savepoint that undid it, so that all that follow fail.
    var isFailed: Bool { get async }

    /// Whether statements are only taken note of, so that none returns a row.
    var keepsNoRows: Bool { get }

    /// Runs a statement, behind what opens the transaction if it is the first.
    func run(_ sql: SQL, file: String, line: UInt) async throws -> Rows

    /// Runs `body` in a savepoint: kept when it returns, undone when it throws.
    func savepoint<R>(_ body: () async throws -> R) async throws -> R

    /// - Throws: as `Connection.commit()`. A transaction without a statement is not even begun.
    func commit() async throws
}

extension TransactionBackend {
    package var keepsNoRows: Bool { false }
}
