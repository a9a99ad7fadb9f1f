import HeliographPostgres
import HeliographSignals
package import Logging

/// An open transaction: the handle through which models and statements get into it.
///
/// ```swift
/// try await database.transaction { tx in
///     var user = User(username: "ada", email: "ada@example.org")
///     try await tx.save(&user)
///     try tx.afterCommit { await mailer.welcome("ada@example.org") }
/// }
/// ```
///
/// It belongs to the closure it was given to and to the receivers that run in it: it is not `Sendable`, and when the
/// transaction has ended every call throws `PostgresError` with `invalidUse`.
///
/// A statement that fails aborts the transaction in PostgreSQL: all that follows fails too, until the end. What may fail and
/// be survived goes into a ``savepoint(_:)``.
///
/// ## Topics
/// ### Models
/// - ``save(_:)``
/// - ``insert(_:)``
/// - ``update(_:)``
/// - ``upsert(_:on:)``
/// - ``delete(_:)``
/// - ``refresh(_:)``
/// - ``links(_:of:)``
/// ### Statements
/// - ``query(_:file:line:)``
/// - ``execute(_:file:line:)``
/// ### Parts and ends
/// - ``savepoint(_:)``
/// - ``afterCommit(_:)``
public final class Transaction: ModelReader {
    /// The signals that saves and deletions send.
    public let signals: ModelSignals
    /// The name of the process that writes, as its ``Database`` was given it.
    public let origin: String?

    private let backend: any TransactionBackend
    /// Where others work in the same transaction at the same time.
    private let shared: (pipeline: SharedPipeline, owner: Int)?
    let logger: Logger
    private var hooks = AfterCommitQueue<@Sendable () async throws -> Void>()
    private var hasEnded = false
    /// Whether the server has refused a statement of it, or its COMMIT, because of others: SQLSTATE 40001 or 40P01.
    private(set) var hasMetOthers = false
    /// The rows that are being deleted, by model and key.
    private var deleting: Set<RowKey> = []
    /// Those of them of which receivers have been told.
    private var told: Set<RowKey> = []
    /// The tables of the models written here, by their senders: for violations that show up only at COMMIT.
    private var writtenTables: [String: TableDescription] = [:]

    /// Makes the handle of a transaction that its caller will end.
    /// - Parameter shared: the pipeline that it shares with others, and who it is there.
    package init(
        _ backend: any TransactionBackend, signals: ModelSignals, origin: String? = nil,
        shared: (pipeline: SharedPipeline, owner: Int)? = nil, logger: Logger
    ) {
        self.backend = backend
        self.shared = shared
        self.signals = signals
        self.origin = origin
        self.logger = logger
    }

    /// Whether a statement failed, outside of a savepoint that undid it, so that the transaction can only be rolled back.
    public var hasFailedStatement: Bool {
        get async { await backend.isFailed }
    }

    /// Whether it only takes note of statements.
    var keepsNoRows: Bool { backend.keepsNoRows }

    /// Has something done when the transaction has been committed: the place for calls to the outside world.
    ///
    /// Hooks run in their order, after the outermost COMMIT and outside of any transaction; they may open one. Those of a
    /// transaction or ``savepoint(_:)`` that is rolled back are dropped. One that throws is logged, and the others run.
    ///
    /// - Parameter hook: What to do.
    /// - Throws: `PostgresError` with `invalidUse` if the transaction has ended.
    public func afterCommit(_ hook: @escaping @Sendable () async throws -> Void) throws {
        try checkLive()
        hooks.append(hook)
    }

    /// Runs `body` in a savepoint: what it wrote is kept when it returns and undone when it throws, and the transaction goes
    /// on either way. Savepoints nest.
    ///
    /// - Parameter body: Gets this handle again.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; `PostgresError` with `transactionAborted` if `body` swallowed the error of a statement.
    @discardableResult
    public func savepoint<R>(_ body: (Transaction) async throws -> R) async throws -> R {
        try checkLive()
        // Others' statements would be in it.
        if let shared { throw shared.pipeline.refuse() }
        hooks.openSavepoint()
        do {
            let result = try await backend.savepoint {
                let result = try await body(self)
                // Said here, so that the savepoint is undone; its RELEASE would fail and leave the transaction aborted.
                if await backend.isFailed { throw Self.swallowedError }
                try Task.checkCancellation()
                return result
            }
            hooks.releaseSavepoint()
            return result
        } catch {
            hooks.rollBackSavepoint()
            throw error
        }
    }

    /// Runs a statement, as long as the transaction is open.
    func run(_ sql: SQL, file: String = #fileID, line: UInt = #line) async throws -> Rows {
        try checkLive()
        guard let shared else {
            return try await noting { try await backend.run(sql, file: file, line: line) }
        }
        return try await shared.pipeline.run(sql, owner: shared.owner)
    }

    /// Runs a statement that nobody waits for, as long as the transaction is open.
    func runLater(_ sql: SQL) async throws {
        try checkLive()
        guard let shared else { return try await noting { try await backend.runLater(sql) } }
        _ = try await shared.pipeline.run(sql, owner: shared.owner)
    }

    /// Runs statements, in one round trip if that can be, as long as the transaction is open.
    func run(all statements: [SQL]) async throws -> [Rows] {
        try checkLive()
        guard let shared else { return try await noting { try await backend.run(all: statements) } }
        var results: [Rows] = []
        for sql in statements { results.append(try await shared.pipeline.run(sql, owner: shared.owner)) }
        return results
    }

    /// Hands over a statement's rows as they come, as long as the transaction is open.
    func stream<R>(_ sql: SQL, _ body: (RowStream) async throws -> R) async throws -> R {
        try checkLive()
        // Others' statements would have to wait.
        if let shared { throw shared.pipeline.refuse() }
        return try await noting { try await backend.stream(sql, body) }
    }

    private func noting<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error as PostgresError
            where error.sqlState == .serializationFailure || error.sqlState == .deadlockDetected
        {
            hasMetOthers = true
            throw error
        } catch let error as PostgresError where error.isOfPostponed {
            throw refusal(for: error) ?? error
        }
    }

    /// What an error means for a model that has been written here.
    private func refusal(for error: PostgresError) -> ValidationFailure? {
        writtenTables.values.lazy.compactMap { $0.failure(for: error) }.first
    }

    /// - Throws: when the transaction has ended.
    func checkLive() throws(PostgresError) {
        guard !hasEnded else {
            throw PostgresError(.invalidUse, "the transaction has ended: its handle cannot be used any more")
        }
    }

    /// Notes that a model's table is written to.
    func noteWrite(to table: TableDescription) { writtenTables[table.sender.name] = table }

    /// Ends the handle: every later call throws. The transaction itself is ended by the caller.
    package func end() { hasEnded = true }

    /// Ends the handle and commits.
    /// - Throws: ``ValidationFailure`` for a deferred constraint of a model that was written; else what
    ///   `Connection.commit()` throws.
    func commit() async throws {
        end()
        do {
            try await noting { try await backend.commit() }
        } catch let error as PostgresError {
            throw refusal(for: error) ?? error
        }
    }

    /// A row, whichever model it is of.
    private struct RowKey: Hashable {
        let model: ObjectIdentifier
        let key: [Bind]

        init<M: Model>(_ instance: M) {
            model = ObjectIdentifier(M.self)
            key = zip(M.mapping.columns, M.mapping.values(instance)).filter { $0.0.isKey }.map { $0.1 }
        }
    }

    /// Notes, for the time of a closure, that rows are being deleted.
    func whileDeleting<M: Model>(_ rows: [M], _ body: () async throws -> Void) async throws {
        let keys = Set(rows.map(RowKey.init)).subtracting(deleting)
        deleting.formUnion(keys)
        defer {
            deleting.subtract(keys)
            if deleting.isEmpty { told = [] }
        }
        try await body()
    }

    /// Notes that the deletion of a row is told.
    /// - Returns: whether it has not been told yet, by a receiver that has deleted it itself.
    func isFirstTold<M: Model>(_ row: M) -> Bool {
        deleting.isEmpty || told.insert(RowKey(row)).inserted
    }

    /// Those of some rows that are not being deleted already.
    func notBeingDeleted<M: Model>(_ rows: [M]) -> [M] { rows.filter { !deleting.contains(RowKey($0)) } }

    /// All hooks, in their order; there are none afterwards.
    package func takeHooks() -> [@Sendable () async throws -> Void] { hooks.takeAll() }

    private static var swallowedError: PostgresError {
        PostgresError(
            .transactionAborted,
            "the savepoint was rolled back, because a statement in it had failed and the error was ignored",
            sqlState: .inFailedTransaction
        )
    }
}
