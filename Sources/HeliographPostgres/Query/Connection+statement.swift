import CLibPQ

extension Connection {
    /// Runs one statement and returns its rows as values, which are made while the rest is still on its way.
    ///
    /// For many rows this is the fastest way, and takes the least memory.
    /// - Throws: ``PostgresError``; what the statement's `decode` throws, for the first row that does not fit; `CancellationError`.
    public func query<Output>(
        _ statement: Statement<Output>, file: String = #fileID, line: UInt = #line
    ) async throws -> [Output] {
        try await located(file, line) {
            try statement.sql.validate()
            return try await exclusively { try await run(statement) }
        }
    }

    private func run<Output>(_ statement: Statement<Output>) async throws -> [Output] {
        let isRetriable = link.isIdle
        switch link.isInFailedTransaction ? .once : statements.plan(for: statement.sql) {
        case .once:
            do {
                try link.send(statement.sql)
                return try await decodeRows(statement)
            } catch {
                statements.forget(statement.sql, isOnServer: false)
                throw error
            }
        case .prepare(let name): return try await runPreparing(statement.sql, as: name).map(statement.decode)
        case .prepared(let name):
            do {
                try link.send(statement.sql, prepared: name)
                return try await decodeRows(statement)
            } catch let error as PostgresError where error.isStalePlan {
                forgetStale(statement.sql, error)
                guard isRetriable, link.isIdle else { throw error }
                try link.send(statement.sql)
                return try await decodeRows(statement)
            }
        }
    }

    /// Takes the rows of the statement that was just sent; to the end also after an error.
    private func decodeRows<Output>(_ statement: Statement<Output>) async throws -> [Output] {
        link.streamRows(perChunk: 256)
        try await flush()
        var values: [Output] = []
        var failure: (any Error)?
        var storage: ResultStorage?
        do {
            while true {
                while link.isBusy { try await readMore() }
                guard link.nextResult(into: &storage), let result = storage else { break }
                switch result.status {
                case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                    failure = failure ?? PostgresError(.invalidUse, "COPY cannot be run as a query")
                    try await leaveCopy(result.status)
                default: break
                }
                if let error = result.error { failure = failure ?? error }
                if failure != nil { continue }
                do {
                    try statement.decodeAll(result, &values)
                } catch {
                    failure = error
                }
            }
        } catch let error as PostgresError where error.code == .connectionLost {
            throw error.afterLastWords(failure as? PostgresError)
        }
        if !link.isOpen { throw link.lost().afterLastWords(failure as? PostgresError) }
        if let failure { throw failure }
        return values
    }
}
