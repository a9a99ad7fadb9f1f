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
        let rendered = try statements.map { try $0.rendered() }
        return try await located(file, line) {
            try await exclusively { try await runPipeline(rendered) }
        }
    }

    private func runPipeline(_ statements: [RenderedStatement]) async throws -> [Rows] {
        try link.enterPipeline()
        do {
            for statement in statements { try link.send(statement) }
            try link.sendSync()
            try await flush()
            let rows = try await receivePipeline(statements.count)
            try link.exitPipeline()
            return try rows.get()
        } catch let error as PostgresError where error.code == .server {
            throw error
        } catch {
            // Half a pipeline is no state to go on in.
            close()
            throw error
        }
    }

    /// The rows of each statement, or the first error; the sync behind them has been read either way.
    private func receivePipeline(_ count: Int) async throws -> Result<[Rows], PostgresError> {
        var rows: [Rows] = []
        rows.reserveCapacity(count)
        var failure: PostgresError?
        do {
            for index in 0..<count {
                while let result = try await receive() {
                    if result.status == PGRES_PIPELINE_ABORTED { continue }
                    switch result.status {
                    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                        // libpq knows no way out of one in a pipeline.
                        throw PostgresError(.invalidUse, "COPY cannot be run in a pipeline")
                    default: break
                    }
                    if var error = result.error {
                        error.statementIndex = index
                        failure = failure ?? error
                    } else {
                        rows.append(Rows(result))
                    }
                }
                if !link.isOpen { throw link.lost() }
            }
            // The sync's own result, then its end.
            while let result = try await receive(), result.status != PGRES_PIPELINE_SYNC {
                failure = failure ?? result.error
            }
        } catch let error as PostgresError where error.code == .connectionLost {
            throw error.afterLastWords(failure)
        }
        return failure.map { .failure($0) } ?? .success(rows)
    }
}
