/// Statements with what opens their transaction before them, in one round trip. That is asked for when nothing can come in between any
/// more, neither an invalid value, nor a cancelled task, nor another statement: so it is sent if it has been handed out.
extension Connection {
    /// Runs a statement.
    /// - Parameters:
    ///   - isPlain: whether it may travel in a pipeline; COPY, for example, may not.
    ///   - opening: hands out what comes first; nothing if it has been sent.
    package func query(
        _ sql: SQL, isPlain: @autoclosure @Sendable () -> Bool, behind opening: @Sendable () -> [SQL],
        file: String = #fileID, line: UInt = #line
    ) async throws -> Rows {
        try await located(file, line) {
            try sql.validate()
            return try await exclusively {
                let first = opening()
                guard !first.isEmpty else { return try await run(sql) }
                guard isPlain() else {
                    _ = try await runTogether(first, [])
                    return try await run(sql)
                }
                return try await runTogether(first, [sql])[first.count]
            }
        }
    }

    /// As ``pipelineOutcomes(_:independent:file:line:)``.
    package func pipelineOutcomes(
        _ statements: [SQL], behind opening: @Sendable () -> [SQL], file: String = #fileID, line: UInt = #line
    ) async throws -> [StatementOutcome] {
        try await located(file, line) {
            for statement in statements { try statement.validate() }
            return try await exclusively {
                let first = opening()
                let all = first + statements
                let run = try await runPipeline(all, as: plans(for: all))
                for index in first.indices {
                    guard var failure = run.failures[index] else { continue }
                    failure.isOfPostponed = true
                    throw failure
                }
                return Array(run.outcomes.dropFirst(first.count))
            }
        }
    }

    /// Sends what opens a transaction, and nothing else.
    package func open(_ opening: @Sendable () -> [SQL]) async throws {
        try await exclusively {
            let first = opening()
            if !first.isEmpty { _ = try await runTogether(first, []) }
        }
    }

    /// Refuses what could not be sent.
    package nonisolated func check(_ sql: SQL) throws { try sql.validate() }

    /// Runs a statement whose outcome decides whether the connection can be used again, with others before it; also in a cancelled task.
    func runShielded(_ statements: [SQL], before last: SQL) async throws -> Rows {
        guard !statements.isEmpty else { return try await queryShielded(last) }
        return try await exclusively(shielded: true) { try await runTogether(statements, [last])[statements.count] }
    }

    private func runTogether(_ first: [SQL], _ last: [SQL]) async throws -> [Rows] {
        let statements = first + last
        let run = try await runPipeline(statements, as: plans(for: statements))
        if var failure = run.failure {
            failure.isOfPostponed = failure.statementIndex.map { $0 < first.count } ?? false
            failure.statementIndex = nil
            throw failure
        }
        return run.rows
    }
}
