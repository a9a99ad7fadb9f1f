package import HeliographPostgres
import Synchronization

/// The statements that open a transaction, sent together with its first statement: a round trip less.
package final class TransactionOpening: Sendable {
    private let statements: Mutex<[SQL]>

    /// - Parameter statements: BEGIN, and what else comes before all others.
    package init(_ statements: [SQL]) { self.statements = Mutex(statements) }

    /// What is still to be sent: with the next statement, by whoever takes it.
    package func take() -> [SQL] {
        statements.withLock { statements in
            defer { statements = [] }
            return statements
        }
    }
}

extension Connection {
    /// Runs a statement, behind what opens its transaction if that has not been sent.
    func query(_ sql: SQL, opening: TransactionOpening?, file: String, line: UInt) async throws -> Rows {
        let first = opening?.take() ?? []
        guard !first.isEmpty else { return try await query(sql, file: file, line: line) }
        do {
            return try await pipeline(first + [sql], file: file, line: line)[first.count]
        } catch var error as PostgresError {
            error.statementIndex = nil
            throw error
        }
    }

    /// Opens a transaction, if that has not been done.
    func open(_ opening: TransactionOpening?) async throws {
        let first = opening?.take() ?? []
        if !first.isEmpty { try await pipeline(first) }
    }
}
