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
    private let whenTaken: (@Sendable () -> Void)?

    /// - Parameters:
    ///   - statements: BEGIN, and what else comes before all others.
    ///   - whenTaken: called when the first statement is about to be sent.
    package init(_ statements: [SQL], whenTaken: (@Sendable () -> Void)? = nil) {
        state = Mutex(State(statements: statements))
        self.whenTaken = whenTaken
    }

    /// What is still to be sent: with the next statement, by whoever takes it.
    package func take() -> [SQL] {
        let (statements, isFirst) = state.withLock { state in
            defer {
                state.statements = []
                state.hasWork = true
                state.isSent = true
            }
            return (state.statements, !state.isSent)
        }
        if isFirst { whenTaken?() }
        return statements
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
