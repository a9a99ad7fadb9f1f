import CLibPQ

extension Connection {
    /// Runs several statements in one round trip.
    ///
    /// Outside a transaction they are one: an error undoes them all, and those behind it are skipped. (A pipeline may hold its own
    /// BEGIN and COMMIT.)
    /// - Returns: the rows of each statement, in their order.
    /// - Throws: the first error, with ``PostgresError/statementIndex``.
    @discardableResult
    public func pipeline(_ statements: [SQL], file: String = #fileID, line: UInt = #line) async throws -> [Rows] {
        try await located(file, line) {
            for statement in statements { try statement.validate() }
            return try await exclusively {
                let isRetriable = link.isIdle
                var run = try await runPipeline(statements, as: plans(for: statements))
                if let failure = run.failure, failure.isStalePlan, isRetriable, link.isIdle, !run.hasEndedTransaction {
                    run = try await runPipeline(statements, as: statements.map { _ in .once })
                }
                if let failure = run.failure { throw failure }
                return run.rows
            }
        }
    }

    /// Runs several statements in one round trip and tells of each what came of it.
    ///
    /// - Parameter independent: Outside a transaction, whether each statement is a transaction of its own, so that an error skips
    ///   nothing but itself. Otherwise an error undoes those before and skips those behind it.
    /// - Returns: an outcome for each statement, in their order.
    /// - Throws: what concerns all of them: an invalid value, a lost connection, `CancellationError`.
    public func pipelineOutcomes(
        _ statements: [SQL], independent: Bool = false, file: String = #fileID, line: UInt = #line
    ) async throws -> [StatementOutcome] {
        try await located(file, line) {
            for statement in statements { try statement.validate() }
            return try await exclusively {
                try await runPipeline(statements, as: plans(for: statements), syncEach: independent).outcomes
            }
        }
    }

    /// Runs statements of different kinds in one round trip, each result in its own types.
    ///
    /// ```swift
    /// let (users, count) = try await connection.pipeline(
    ///     Statement("SELECT id, email FROM users", as: (Int64, String).self),
    ///     Statement("SELECT count(*) FROM books", as: Int.self)
    /// )
    /// ```
    /// - Throws: the first error, with ``PostgresError/statementIndex``.
    public nonisolated func pipeline<each Output: Sendable>(
        _ statements: repeat Statement<each Output>, file: String = #fileID, line: UInt = #line
    ) async throws -> (repeat [each Output]) {
        var all: [SQL] = []
        for statement in repeat each statements { all.append(statement.sql) }
        let results = try await pipeline(all, file: file, line: line)
        var index = -1
        func next<T>(_ statement: Statement<T>) throws -> [T] {
            index += 1
            return try results[index].map(statement.decode)
        }
        return (repeat try next(each statements))
    }

    func plans(for statements: [SQL]) -> [StatementCache.Plan] {
        if link.isInFailedTransaction { return statements.map { _ in .once } }
        return statements.map { self.statements.plan(for: $0) }
    }

    /// What came of a pipeline.
    struct PipelineRun {
        /// Of each statement; none of one that failed or was skipped.
        var rows: [Rows] = []
        /// By the place of their statement.
        var failures: [Int: PostgresError] = [:]
        var skipped: Set<Int> = []
        /// The first error.
        var failure: PostgresError?

        var outcomes: [StatementOutcome] {
            rows.enumerated().map { index, rows in
                if let failure = failures[index] { return .failed(failure) }
                return skipped.contains(index) ? .skipped : .rows(rows)
            }
        }
        /// Whether a statement in it ended a transaction, so that not all of it is undone by an error behind.
        var hasEndedTransaction: Bool {
            rows.contains { ["COMMIT", "ROLLBACK", "PREPARE TRANSACTION"].contains($0.commandTag) }
        }
    }

    /// - Throws: what leaves the connection unusable, which is then closed; the server's errors are in the result.
    func runPipeline(
        _ statements: [SQL], as plans: [StatementCache.Plan], syncEach: Bool = false
    ) async throws -> PipelineRun {
        try link.enterPipeline()
        statementsUnderWay = statements.count
        defer { statementsUnderWay = 1 }
        do {
            let dropped = try sendDropped()
            for index in statements.indices {
                switch plans[index] {
                case .once: try link.send(statements[index])
                case .prepare(let name):
                    try link.sendPrepare(statements[index], as: name)
                    try link.send(statements[index], prepared: name)
                case .prepared(let name): try link.send(statements[index], prepared: name)
                }
                if syncEach, index < statements.count - 1 { try link.sendSync() }
                // So that the server has something to do while the rest is written.
                if index % Self.statementsPerFlush == Self.statementsPerFlush - 1 { _ = try link.flush() }
            }
            try link.sendSync()
            try await flush()
            for _ in 0..<dropped { try await skipToSync() }
            let run = try await receivePipeline(statements, plans, syncEach: syncEach)
            try link.exitPipeline()
            return run
        } catch {
            // Half a pipeline is no state to go on in.
            close()
            throw error
        }
    }

    private static let statementsPerFlush = 16

    /// Gives statements up that are not needed any more, each apart, so that nothing else depends on it.
    /// - Returns: how many syncs that makes.
    private func sendDropped() throws -> Int {
        guard statements.hasDropped, !link.isInTransaction else { return 0 }
        let names = statements.takeDropped()
        for name in names {
            try link.send(SQL(unsafe: "DEALLOCATE \(name)"))
            try link.sendSync()
        }
        return names.count
    }

    private func skipToSync() async throws {
        repeat {
            guard let result = try await receive() else {
                if link.isOpen { continue }
                throw link.lost()
            }
            if result.status == PGRES_PIPELINE_SYNC { return }
        } while true
    }

    /// What came of each statement; the sync behind them has been read either way.
    private func receivePipeline(
        _ sent: [SQL], _ plans: [StatementCache.Plan], syncEach: Bool
    ) async throws -> PipelineRun {
        var run = PipelineRun()
        run.rows.reserveCapacity(sent.count)
        do {
            for index in sent.indices {
                var failure: PostgresError?
                if case .prepare = plans[index], try await !receivePrepared(&failure) {
                    statements.forget(sent[index], isOnServer: false)
                }
                var rows: Rows?
                while try !takeStatement(&rows, &failure) { try await readMore() }
                if var failure {
                    if failure.isStalePlan { forgetStale(sent[index], failure) }
                    failure.statementIndex = index
                    run.failure = run.failure ?? failure
                    run.failures[index] = failure
                } else if rows == nil {
                    run.skipped.insert(index)
                }
                run.rows.append(rows ?? Rows(nil))
                if syncEach, index < sent.count - 1 { try await skipToSync() }
            }
            // The sync's own result, then its end.
            while let result = try await receive(), result.status != PGRES_PIPELINE_SYNC {
                run.failure = run.failure ?? result.error
            }
        } catch let error as PostgresError where error.code == .connectionLost {
            throw error.afterLastWords(run.failure)
        }
        return run
    }

    /// - Returns: whether the server has the statement under its name now.
    private func receivePrepared(_ failure: inout PostgresError?) async throws -> Bool {
        var isPrepared = false
        while let result = try await receive() {
            if result.status == PGRES_COMMAND_OK { isPrepared = true }
            if let error = result.error { failure = failure ?? error }
        }
        if !link.isOpen { throw link.lost() }
        return isPrepared
    }

    /// Takes what has arrived of a statement's results. Most have arrived together: not a call in this suspends.
    /// - Parameter rows: the statement's rows; `nil` if it failed or was skipped.
    /// - Returns: whether that was all of it.
    private func takeStatement(_ rows: inout Rows?, _ failure: inout PostgresError?) throws -> Bool {
        while true {
            if link.isBusy { return false }
            guard let result = link.nextResult() else { break }
            switch result.status {
            case PGRES_PIPELINE_ABORTED: continue
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                // libpq knows no way out of one in a pipeline.
                throw PostgresError(.invalidUse, "COPY cannot be run in a pipeline")
            default: break
            }
            if let error = result.error {
                failure = failure ?? error
            } else {
                rows = Rows(result)
                if result.discardsStatements { statements.removeAll() }
            }
        }
        if !link.isOpen { throw failure.map { link.lost().afterLastWords($0) } ?? link.lost() }
        return true
    }
}
