import HeliographLog
import HeliographModels
import HeliographPostgres
import Synchronization

/// A transaction over a log in memory: what receivers ask for is kept until it is committed.
final class MemoryTransaction: LaneTransaction, TransactionBackend {
    private struct State {
        var effects: [MemoryLog.Effect] = []
        var isFailed = false
    }

    private let store: MemoryStore
    private let answer: MemoryLog.Answer
    private let state = Mutex(State())

    init(_ store: MemoryStore, _ answer: @escaping MemoryLog.Answer) {
        self.store = store
        self.answer = answer
    }

    var effects: any TransactionBackend { self }

    var isFailed: Bool { state.withLock(\.isFailed) }

    var keepsNoRows: Bool { true }

    func run(_ sql: SQL, file: String, line: UInt) async throws -> Rows {
        try checkSound()
        // What cannot be sent fails nothing.
        let effect = MemoryLog.Effect(statement: sql.text, values: try sql.values)
        return try await store.run { [self] in try take(sql, effect) }
    }

    /// What the server does.
    private func take(_ sql: SQL, _ effect: MemoryLog.Effect) throws -> Rows {
        try checkSound()
        do {
            let affected = try answer(sql)
            state.withLock { $0.effects.append(effect) }
            return Rows(affected: affected)
        } catch {
            state.withLock { $0.isFailed = true }
            throw error
        }
    }

    /// As a server does it: those behind the first error are skipped.
    func pipeline(_ statements: [SQL]) async throws -> [StatementOutcome] {
        try await store.run { [self] in
            var outcomes: [StatementOutcome] = []
            var hasFailed = false
            for statement in statements {
                guard !hasFailed else {
                    outcomes.append(.skipped)
                    continue
                }
                do {
                    let effect = MemoryLog.Effect(statement: statement.text, values: try statement.values)
                    outcomes.append(.rows(try take(statement, effect)))
                } catch {
                    hasFailed = true
                    outcomes.append(.failed(error as? PostgresError ?? PostgresError(.server, "\(error)")))
                }
            }
            return outcomes
        }
    }

    func savepoint<R>(_ body: () async throws -> R) async throws -> R {
        try checkSound()
        let count = state.withLock(\.effects.count)
        do {
            return try await body()
        } catch {
            state.withLock { state in
                state.effects.removeSubrange(count...)
                state.isFailed = false
            }
            throw error
        }
    }

    private func checkSound() throws {
        guard isFailed else { return }
        throw PostgresError(
            .server, "current transaction is aborted, commands ignored until end of transaction block",
            sqlState: .inFailedTransaction)
    }

    func commit() throws {
        throw PostgresError(.invalidUse, "a receiver's transaction is ended by its worker")
    }

    func commit(
        _ lanes: [Int], of table: LaneTable, at place: LanePlace, _ changes: [LaneChange]
    ) async throws -> (place: LanePlace, parked: [Int64]) {
        let state = state.withLock(\.self)
        guard !state.isFailed else {
            throw Doubt(error: PostgresError(.transactionAborted, "COMMIT was answered with ROLLBACK"))
        }
        return try await store.commit(lanes, of: table, at: place, changes, state.effects)
    }
}
