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
        for statement in statements { try link.send(statement) }
        try link.sendSync()
        try await flush()
        var rows: [Rows] = []
        rows.reserveCapacity(statements.count)
        var failure: PostgresError?
        for index in statements.indices {
            while let result = try await receive() {
                if result.status == PGRES_PIPELINE_ABORTED { continue }
                if var error = result.error {
                    error.statementIndex = index
                    failure = failure ?? error
                } else {
                    rows.append(Rows(result))
                }
            }
            if !link.isOpen { throw failure ?? link.lost() }
        }
        // The sync's own result, then its end.
        while let result = try await receive(), result.status != PGRES_PIPELINE_SYNC {
            failure = failure ?? result.error
        }
        try link.exitPipeline()
        if let failure { throw failure }
        return rows
    }
}
