import HeliographPostgres
import HeliographSignals

extension Transaction {
    /// Deletes the row that has the instance's key.
    ///
    /// Receivers of ``ModelSignals/preDelete(_:)`` and ``ModelSignals/postDelete(_:)`` run before and after; not those of rows
    /// that a foreign key deletes along, of which only the signal log hears.
    ///
    /// - Parameter instance: The instance whose row to delete.
    /// - Throws: ``ValidationFailure`` when a receiver refuses, or a row that still refers to this one (the transaction is
    ///   aborted then, see ``save(_:)``); ``ModelError`` with `notFound`; `PostgresError`; what receivers throw.
    public func delete<M: Model>(_ instance: M) async throws {
        try checkLive()
        let mapping = M.mapping
        let signals = signals.set(for: M.self)
        let key = try mapping.keyCondition(mapping.values(instance))

        var deleting = Deleting(instance, transaction: self)
        try await signals.preDelete.send(&deleting)
        if let failure = deleting.failure { throw failure }

        noteWrite(to: mapping.table)
        let rows: Rows
        do {
            rows = try await run(mapping.delete(where: key))
        } catch let error as PostgresError {
            throw mapping.table.deletionFailure(for: error) ?? error
        }
        let count = keepsNoRows ? rows.affectedRows : rows.count
        guard count > 0 else {
            throw ModelError(.notFound, "the \(M.self) to delete does not exist, or no longer")
        }
        guard count == 1 else {
            throw ModelError(.keyNotUnique, "\(count) rows of \(mapping.sender) have the key of one \(M.self)")
        }
        let last = try rows.first.map(mapping.decode) ?? instance

        var deleted = Deleted(instance: last, transaction: self)
        try announce(deleted.instance, .deleted, to: signals.afterCommit)
        try await signals.postDelete.send(&deleted)
    }
}
