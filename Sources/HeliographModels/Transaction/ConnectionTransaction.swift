package import HeliographPostgres

/// A transaction on a connection.
package struct ConnectionTransaction: TransactionBackend {
    private let connection: Connection
    private let opening: TransactionOpening

    /// - Parameter opening: what opens it; is sent with the first statement.
    package init(_ connection: Connection, _ opening: TransactionOpening) {
        self.connection = connection
        self.opening = opening
    }

    package var isFailed: Bool {
        get async { await connection.isInFailedTransaction }
    }

    package func run(_ sql: SQL, file: String, line: UInt) async throws -> Rows {
        try await opened { first in
            guard !first.isEmpty else { return try await connection.query(sql, file: file, line: line) }
            do {
                return try await connection.pipeline(first + [sql], file: file, line: line)[first.count]
            } catch var error as PostgresError {
                error.statementIndex = nil
                throw error
            }
        }
    }

    /// Runs statements of several receivers in one round trip.
    /// - Returns: what came of each.
    /// - Throws: what concerns all of them.
    package func pipeline(_ statements: [SQL]) async throws -> [StatementOutcome] {
        try await opened { first in
            let all = try await connection.pipelineOutcomes(first + statements)
            for case .failed(let error) in all.prefix(first.count) { throw error }
            return Array(all.dropFirst(first.count))
        }
    }

    package func savepoint<R>(_ body: () async throws -> R) async throws -> R {
        try await opened { first in if !first.isEmpty { try await connection.pipeline(first) } }
        return try await connection.savepoint { _ in try await body() }
    }

    package func commit() async throws {
        if opening.take().isEmpty { try await connection.commit() }
    }

    /// Hands out what opens the transaction. What was refused before anything was sent (an invalid value, a cancelled task) has not opened it:
    /// else what follows would be a transaction of its own.
    private func opened<R>(_ body: ([SQL]) async throws -> R) async throws -> R {
        let first = opening.take()
        do {
            return try await body(first)
        } catch {
            if !first.isEmpty, await connection.isIdle { opening.putBack(first) }
            throw error
        }
    }
}
