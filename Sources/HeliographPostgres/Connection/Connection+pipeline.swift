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

    private func plans(for statements: [SQL]) -> [StatementCache.Plan] {
        if link.isInFailedTransaction { return statements.map { _ in .once } }
        return statements.map { self.statements.plan(for: $0) }
    }

    /// What came of a pipeline.
    struct PipelineRun {
        /// Of the statements up to the one that failed.
        var rows: [Rows] = []
        var failure: PostgresError?
        /// Whether a statement in it ended a transaction, so that not all of it is undone by an error behind.
        var hasEndedTransaction: Bool {
            rows.contains { ["COMMIT", "ROLLBACK", "PREPARE TRANSACTION"].contains($0.commandTag) }
        }
    }

    /// - Throws: what leaves the connection unusable, which is then closed; the server's errors are in the result.
    func runPipeline(_ statements: [SQL], as plans: [StatementCache.Plan]) async throws -> PipelineRun {
        try link.enterPipeline()
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
                // So that the server has something to do while the rest is written.
                if index % Self.statementsPerFlush == Self.statementsPerFlush - 1 { _ = try link.flush() }
            }
            try link.sendSync()
            try await flush()
            for _ in 0..<dropped { try await skipToSync() }
            let run = try await receivePipeline(statements, plans)
            try link.exitPipeline()
            return run
        } catch {
            // Half a pipeline is no state to go on in.
            close()
            throw error
        }
    }

    private static let statementsPerFlush = 32

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

    /// The rows of each statement, or the first error; the sync behind them has been read either way.
    private func receivePipeline(_ sent: [SQL], _ plans: [StatementCache.Plan]) async throws -> PipelineRun {
        var run = PipelineRun()
        run.rows.reserveCapacity(sent.count)
        do {
            for (index, plan) in plans.enumerated() {
                if case .prepare = plan, try await !receivePrepared(index, &run) {
                    statements.forget(sent[index], isOnServer: false)
                }
                try await receiveStatement(sent[index], index, &run)
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
    private func receivePrepared(_ index: Int, _ run: inout PipelineRun) async throws -> Bool {
        var isPrepared = false
        while let result = try await receive() {
            if result.status == PGRES_COMMAND_OK { isPrepared = true }
            note(result.error, at: index, in: &run)
        }
        if !link.isOpen { throw link.lost() }
        return isPrepared
    }

    private func receiveStatement(_ statement: SQL, _ index: Int, _ run: inout PipelineRun) async throws {
        while true {
            while link.isBusy { try await readMore() }
            guard let result = link.nextResult() else { break }
            switch result.status {
            case PGRES_PIPELINE_ABORTED: continue
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                // libpq knows no way out of one in a pipeline.
                throw PostgresError(.invalidUse, "COPY cannot be run in a pipeline")
            default: break
            }
            guard let error = result.error else {
                run.rows.append(Rows(result))
                if result.discardsStatements { statements.removeAll() }
                continue
            }
            if error.isStalePlan { forgetStale(statement, error) }
            note(error, at: index, in: &run)
        }
        if !link.isOpen { throw link.lost() }
    }

    private func note(_ error: PostgresError?, at index: Int, in run: inout PipelineRun) {
        guard var error, run.failure == nil else { return }
        error.statementIndex = index
        run.failure = error
    }
}
