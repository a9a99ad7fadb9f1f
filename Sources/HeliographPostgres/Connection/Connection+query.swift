import CLibPQ

extension Connection {
    /// Runs one statement and returns all its rows.
    ///
    /// Values are bound, never pasted into the text: `"SELECT … WHERE id = \(id)"`.
    /// - Throws: ``PostgresError``; `CancellationError` when the task was cancelled.
    @discardableResult
    public func query(_ sql: SQL, file: String = #fileID, line: UInt = #line) async throws -> Rows {
        try await located(file, line) {
            try sql.validate()
            return try await exclusively { try await run(sql) }
        }
    }

    /// Runs one statement and returns how many rows it inserted, updated, deleted or selected.
    @discardableResult
    public func execute(_ sql: SQL, file: String = #fileID, line: UInt = #line) async throws -> Int {
        try await query(sql, file: file, line: line).affectedRows
    }

    /// Runs a script of several statements separated by semicolons, without values, such as a migration.
    ///
    /// Outside a transaction the script is one: it happens as a whole or not at all, unless it has its own BEGIN and COMMIT.
    /// - Parameter script: is sent as it is; never put a value into it.
    public func runScript(unsafe script: String, file: String = #fileID, line: UInt = #line) async throws {
        try await located(file, line) {
            try await exclusively {
                try link.sendScript(script)
                try await flush()
                _ = try await drain()
            }
        }
    }

    /// Runs a statement whose outcome decides whether the connection can be used again, even in a cancelled task.
    func queryShielded(_ sql: SQL) async throws -> Rows {
        try sql.validate()
        return try await exclusively(shielded: true) { try await run(sql) }
    }

    /// Runs a statement in the way that costs least: see ``StatementCache``.
    func run(_ sql: SQL) async throws -> Rows {
        let isRetriable = link.isIdle
        switch link.isInFailedTransaction ? .once : statements.plan(for: sql) {
        case .once:
            do {
                try link.send(sql)
                try await flush()
                return Rows(try await drain())
            } catch {
                // What fails is not worth preparing. (COPY, which is no query, could not even be got out of.)
                statements.forget(sql, isOnServer: false)
                throw error
            }
        case .prepare(let name): return try await runPreparing(sql, as: name)
        case .prepared(let name):
            do {
                try link.send(sql, prepared: name)
                try await flush()
                return Rows(try await drain())
            } catch let error as PostgresError where error.isStalePlan {
                forgetStale(sql, error)
                guard isRetriable, link.isIdle else { throw error }
                try link.send(sql)
                try await flush()
                return Rows(try await drain())
            }
        }
    }

    /// Prepares a statement and runs it, in one round trip.
    func runPreparing(_ sql: SQL, as name: String) async throws -> Rows {
        let run = try await runPipeline([sql], as: [.prepare(name)])
        if var failure = run.failure {
            failure.statementIndex = nil
            throw failure
        }
        return run.rows.first ?? Rows(nil)
    }

    /// A table or type has changed under a prepared statement, or somebody has thrown it away.
    func forgetStale(_ sql: SQL, _ error: PostgresError) {
        if error.sqlState == .invalidStatementName {
            statements.removeAll()
        } else {
            statements.forget(sql, isOnServer: true)
        }
    }

    /// Takes all results of a statement, to the end also after an error, so that the next statement finds the line clear.
    private func drain() async throws -> ResultStorage? {
        var last: ResultStorage?
        var failure: PostgresError?
        do {
            while let result = try await receive() {
                switch result.status {
                case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                    failure = failure ?? PostgresError(.invalidUse, "COPY cannot be run as a query")
                    try await leaveCopy(result.status)
                default: break
                }
                if let error = result.error { failure = failure ?? error } else { last = result }
                if result.discardsStatements { statements.removeAll() }
            }
        } catch let error as PostgresError where error.code == .connectionLost {
            throw error.afterLastWords(failure)
        }
        if let failure { throw failure.code == .connectionLost && link.isOpen ? link.lost() : failure }
        return last
    }

    /// Gets out of a COPY that nobody feeds or reads here: the statement fails, the session stays.
    func leaveCopy(_ status: ExecStatusType) async throws {
        guard status == PGRES_COPY_OUT else {
            try link.endCopy("COPY cannot be run as a query")
            try await flush()
            return
        }
        while try !link.discardCopyData() { try await readMore() }
    }

    /// Notes in an error where in the program the statement stands.
    func located<R: Sendable>(_ file: String, _ line: UInt, _ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch var error as PostgresError {
            error.file = file
            error.line = line
            throw error
        }
    }
}
