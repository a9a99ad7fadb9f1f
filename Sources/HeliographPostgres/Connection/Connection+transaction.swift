extension Connection {
    /// Runs `body` in a transaction: COMMIT when it returns, ROLLBACK when it throws.
    /// - Throws: the error of `body`; `transactionAborted` when `body` swallowed the error of a statement;
    ///   `commitUnknown` when the connection broke during COMMIT.
    @discardableResult
    public nonisolated func transaction<R>(
        _ mode: TransactionMode = .init(), _ body: (Connection) async throws -> R
    ) async throws -> R {
        try await query(mode.begin)
        let result: R
        do {
            result = try await body(self)
        } catch {
            await rollBack()
            throw error
        }
        try await commit()
        return result
    }

    /// Runs `body` in a savepoint of the open transaction: kept when it returns, undone when it throws.
    @discardableResult
    public nonisolated func savepoint<R>(_ body: (Connection) async throws -> R) async throws -> R {
        try await query("SAVEPOINT heliograph")
        do {
            let result = try await body(self)
            // Shielded: were it cancelled, the savepoint would throw and yet be kept.
            _ = try await queryShielded("RELEASE SAVEPOINT heliograph")
            return result
        } catch {
            // Of savepoints with one name the innermost is meant; RELEASE uncovers the next.
            do {
                _ = try await queryShielded("ROLLBACK TO SAVEPOINT heliograph")
                _ = try await queryShielded("RELEASE SAVEPOINT heliograph")
            } catch { abort() }
            throw error
        }
    }

    /// Commits. Only the command tag tells: an aborted transaction answers COMMIT with ROLLBACK, and no error.
    /// - Throws: `transactionAborted`, `commitUnknown`, or the server's error (a deferred constraint, for example).
    public func commit() async throws { try await commit(behind: []) }

    /// Commits, in one round trip with statements before it. If one of them fails its error is thrown, and nothing is committed.
    /// - Parameter isBegun: whether the transaction is open, as far as the caller knows. If it is not, since somebody has ended it, the
    ///   COMMIT would be answered with the same tag.
    package func commit(behind statements: [SQL], isBegun: Bool = false) async throws {
        // One that was never sent has not happened.
        guard link.isOpen else { throw link.lost() }
        guard !isBegun || !link.isIdle else {
            throw PostgresError(.transactionAborted, "the transaction has been ended by somebody else")
        }
        do {
            let rows = try await runShielded(statements, before: "COMMIT")
            guard rows.commandTag == "COMMIT" else { throw Self.swallowedError }
        } catch let error as PostgresError where error.sqlState == .inFailedTransaction {
            // Of a statement before the COMMIT, which met what was ignored first.
            throw Self.swallowedError
        } catch let error as PostgresError where error.isConnectionLoss {
            throw PostgresError(
                .commitUnknown, "the connection broke during COMMIT: \(error.message)", sqlState: error.sqlState
            )
        }
    }

    private static var swallowedError: PostgresError {
        PostgresError(
            .transactionAborted,
            "the transaction was rolled back, because a statement in it had failed and the error was ignored",
            sqlState: .inFailedTransaction
        )
    }

    /// Rolls back, also in a cancelled task. A connection on which that fails is cut: the server then rolls back by itself.
    public func rollBack() async {
        guard link.isOpen, !link.isIdle else { return }
        do { _ = try await queryShielded("ROLLBACK") } catch { abort() }
    }
}
