package import HeliographPostgres
import Synchronization

/// The statements that open a transaction, and those that nobody waits for, sent together with the next statement: round trips less.
package final class TransactionOpening: Sendable {
    private struct State {
        var statements: [SQL]
        /// Whether there is anything to commit: something beside what opens the transaction has been sent, or is to be.
        var hasWork = false
        /// Whether what opens the transaction has been sent.
        var isSent = false
    }

    private let state: Mutex<State>

    /// - Parameter statements: BEGIN, and what else comes before all others.
    package init(_ statements: [SQL]) { state = Mutex(State(statements: statements)) }

    /// What is still to be sent: with the next statement, by whoever takes it.
    package func take() -> [SQL] {
        state.withLock { state in
            defer { state.statements = [] }
            state.hasWork = true
            state.isSent = true
            return state.statements
        }
    }

    /// Whether what opens the transaction has been sent.
    package var isSent: Bool { state.withLock(\.isSent) }

    /// What is still to be sent before COMMIT; `nil` if the transaction has not even been begun, and need not be.
    package func takeForCommit() -> [SQL]? { state.withLock(\.hasWork) ? take() : nil }

    /// Adds a statement that nobody waits for.
    package func append(_ sql: SQL) {
        state.withLock { state in
            state.statements.append(sql)
            state.hasWork = true
        }
    }
}
