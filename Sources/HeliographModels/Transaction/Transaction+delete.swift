import HeliographPostgres
import HeliographSignals

extension Transaction {
    /// Deletes the row that has the instance's key.
    ///
    /// Receivers of ``ModelSignals/preDelete(_:)`` and ``ModelSignals/postDelete(_:)`` run before and after; so do those of models whose
    /// mappings declare that their rows are deleted along (`onDelete: .cascade`), if the signals know the models: those with receivers, and
    /// those of ``ModelSignals/know(_:)``. Their rows are deleted first. Of other rows that a foreign key deletes along only the signal log hears.
    ///
    /// - Parameter instance: The instance whose row to delete.
    /// - Throws: ``ValidationFailure`` when a receiver refuses, or a row that still refers to this one (the transaction is
    ///   aborted then, see ``save(_:)``); ``ModelError`` with `notFound`; `PostgresError`; what receivers throw.
    public func delete<M: Model>(_ instance: M) async throws {
        try checkLive()
        let key = try M.mapping.keyCondition(M.mapping.values(instance))
        if signals.hasDependents(of: M.self) {
            let rows = try await run("\(M.mapping.row(where: key)) FOR UPDATE")
            let row = try onlyRow(of: rows, M.self) ?? instance
            // The receivers are asked about the instance that the program has, as they are without dependents; those go by the row.
            return try await deleteLocked([instance], rows: [row]) { _ in .instance }
        }
        let signals = signals.set(for: M.self)
        try await ask(instance, .instance)
        noteWrite(to: M.mapping.table)
        let rows: Rows
        do {
            rows = try await run(M.mapping.delete(where: key))
        } catch let error as PostgresError {
            throw M.mapping.table.deletionFailure(for: error) ?? error
        }
        let last = try onlyRow(of: rows, M.self) ?? instance
        _ = isFirstTold(last)
        try announce(last, .deleted, to: signals.afterCommit)
        var deleted = Deleted(instance: last, origin: .instance, transaction: self)
        try await signals.postDelete.send(&deleted)
    }

    /// Asks the receivers whether a row may be deleted.
    private func ask<M: Model>(_ instance: M, _ origin: WriteOrigin) async throws {
        var deleting = Deleting(instance, origin: origin, transaction: self)
        try await signals.set(for: M.self).preDelete.send(&deleting)
        if let failure = deleting.failure { throw failure }
    }

    /// - Returns: `nil` where no rows are kept.
    private func onlyRow<M: Model>(of rows: Rows, _ model: M.Type) throws -> M? {
        let count = keepsNoRows ? rows.affectedRows : rows.count
        guard count > 0 else {
            throw ModelError(.notFound, "the \(M.self) to delete does not exist, or no longer")
        }
        guard count == 1 else {
            throw ModelError(.keyNotUnique, "\(count) rows of \(M.mapping.sender) have the key of one \(M.self)")
        }
        return try rows.first.map(M.mapping.decode)
    }

    /// Deletes the rows of a query.
    ///
    /// As ``delete(_:)``, with the signals of each row, in one round trip for many. Without receivers, and without rows of known models that are
    /// deleted along, it is one DELETE.
    ///
    /// - Parameter query: Which rows.
    /// - Returns: How many rows of the model itself were deleted.
    /// - Throws: As ``delete(_:)``; ``ModelError`` with `wrongQuery`.
    @discardableResult
    public func delete<M: Model>(_ query: Query<M, M>) async throws -> Int {
        try checkLive()
        guard signals.set(for: M.self).hearsDeletions || signals.hasDependents(of: M.self) else {
            noteWrite(to: M.mapping.table)
            do {
                return try await run(M.mapping.delete(try query.restriction("UPDATE"))).affectedRows
            } catch let error as PostgresError {
                throw M.mapping.table.deletionFailure(for: error) ?? error
            }
        }
        let instances = try await lock(query, "UPDATE")
        try await deleteLocked(instances) { _ in .query }
        return instances.count
    }

    /// - Throws: where no rows are kept, so that those that are asked for are not there.
    func expectRows() throws {
        if keepsNoRows {
            throw PostgresError(
                .invalidUse,
                "a log in memory has no rows to look for: test queries, relations and what goes along on a server")
        }
    }

    /// The rows of a query, locked.
    func lock<M: Model>(_ query: Query<M, M>, _ strength: String) async throws -> [M] {
        try expectRows()
        let sql: SQL = "\(M.mapping.rows(of: try query.restriction(strength))) FOR \(unsafe: strength)"
        return try await run(sql).map(M.mapping.decode)
    }

    /// Deletes rows that are locked, with their signals.
    /// - Parameters:
    ///   - rows: what their rows are; `nil` if that is what they are.
    ///   - roots: what the program has deleted, with which each goes. Default: itself.
    func deleteLocked<M: Model>(
        _ instances: [M], rows: [M]? = nil, roots: (M) -> any Model = { $0 }, _ origin: (M) -> WriteOrigin
    ) async throws {
        guard !instances.isEmpty else { return }
        let mapping = M.mapping
        let signals = signals.set(for: M.self)
        try await whileDeleting(instances) {
            for instance in instances { try await ask(instance, origin(instance)) }
            for dependents in self.signals.dependents(of: M.self) {
                try await dependents.delete(of: rows ?? instances, roots: roots, in: self)
            }
            noteWrite(to: mapping.table)
            var last: [M] = []
            for batch in Batches(instances, of: Self.batchSize) {
                do {
                    let statements = try batch.map { instance in
                        mapping.delete(where: try mapping.keyCondition(mapping.values(instance)))
                    }
                    for (instance, rows) in zip(batch, try await run(all: statements)) {
                        let row = try rows.first.map(mapping.decode) ?? instance
                        let isFirst = isFirstTold(row)
                        if rows.affectedRows == 0 {
                            // A receiver has deleted it, and has told so; or in a circle of rows the server has, along with another.
                            guard isFirst else { continue }
                            try await expectGone(row)
                        }
                        last.append(row)
                    }
                } catch let error as PostgresError {
                    throw mapping.table.deletionFailure(for: error) ?? error
                }
            }
            for instance in last {
                try announce(instance, .deleted, to: signals.afterCommit)
                var deleted = Deleted(instance: instance, origin: origin(instance), transaction: self)
                try await signals.postDelete.send(&deleted)
            }
        }
    }

    /// - Throws: if a row that should have been deleted is still there.
    private func expectGone<M: Model>(_ instance: M) async throws {
        let key = try M.mapping.keyCondition(M.mapping.values(instance))
        guard try await run(M.mapping.row(where: key)).isEmpty else {
            throw ModelError(.notWritten, "the server did not delete the \(M.self): a trigger or a rule held it back")
        }
    }

    /// So many statements in one round trip.
    static var batchSize: Int { 200 }
}
