import CLibPQ

extension Connection {
    /// Runs one statement and returns all its rows.
    ///
    /// Values are bound, never pasted into the text: `"SELECT … WHERE id = \(id)"`.
    /// - Throws: ``PostgresError``; `CancellationError` when the task was cancelled.
    @discardableResult
    public func query(_ sql: SQL, file: String = #fileID, line: UInt = #line) async throws -> Rows {
        let statement = try sql.rendered()
        return try await located(file, line) {
            try await exclusively { try await run(statement) }
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
        let statement = try sql.rendered()
        return try await exclusively(shielded: true) { try await run(statement) }
    }

    private func run(_ statement: RenderedStatement) async throws -> Rows {
        try link.send(statement)
        try await flush()
        return Rows(try await drain())
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
            }
        } catch let error as PostgresError where error.code == .connectionLost {
            throw error.afterLastWords(failure)
        }
        if let failure { throw failure.code == .connectionLost && link.isOpen ? link.lost() : failure }
        return last
    }

    /// Gets out of a COPY that nobody feeds or reads here: the statement fails, the session stays.
    private func leaveCopy(_ status: ExecStatusType) async throws {
        guard status == PGRES_COPY_OUT else {
            try link.failCopy()
            try await flush()
            return
        }
        while try !link.discardCopyData() {
            try await reactor.wait(socket.number, for: .readable)
            try link.consume()
        }
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
