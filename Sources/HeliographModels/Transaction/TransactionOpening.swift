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
