import HeliographPostgres
import HeliographSignals

extension Transaction {
    /// Writes an instance: inserts it if it has no row yet, else updates its row.
    ///
    /// An instance has no row yet if its key is one that the database draws and is `nil`; with any other key the table is
    /// asked. Receivers of ``ModelSignals/preSave(_:)`` and ``ModelSignals/postSave(_:)`` run before and after.
    ///
    /// When it returns, the instance is what the row is, with all that the database filled in. When it throws, the instance
    /// is as it was. After a later rollback it still has the drawn key, so a transaction that is tried again should save a
    /// copy of its own.
    ///
    /// - Parameter instance: The instance to write.
    /// - Throws: ``ValidationFailure`` when a receiver or a constraint refuses the instance. A constraint has aborted the
    ///   transaction then: unless the save is in a ``savepoint(_:)``, the transaction can only be rolled back.
    ///   ``ModelError`` with `notFound` when the row to update is gone; `PostgresError`; what receivers throw.
    public func save<M: Model>(_ instance: inout M) async throws {
        let mapping = M.mapping
        let values = mapping.values(instance)
        if mapping.hasGeneratedKey {
            try await write(&instance, created: mapping.lacksGeneratedKey(values))
        } else {
            let locked = try await run(mapping.lock(where: mapping.keyCondition(values)))
            try await write(&instance, created: locked.isEmpty)
        }
    }

    /// Inserts an instance, with the signals of a save.
    ///
    /// - Parameter instance: The instance to insert; afterwards, what the row is.
    /// - Throws: As ``save(_:)``. A key that exists is a ``ValidationFailure`` on the key.
    public func insert<M: Model>(_ instance: inout M) async throws {
        try await write(&instance, created: true)
    }

    /// Updates the row that has the instance's key, with the signals of a save.
    ///
    /// - Parameter instance: The instance to write; afterwards, what the row is.
    /// - Throws: As ``save(_:)``.
    public func update<M: Model>(_ instance: inout M) async throws {
        try await write(&instance, created: false)
    }

    private func write<M: Model>(_ instance: inout M, created: Bool) async throws {
        try checkLive()
        let mapping = M.mapping
        let signals = signals.set(for: M.self)
        // The row is found by the key from before the receivers.
        let key = created ? nil : try mapping.keyCondition(mapping.values(instance))

        var saving = Saving(instance, created: created, transaction: self)
        try await signals.preSave.send(&saving)
        if let failure = saving.failure { throw failure }

        let values = mapping.values(saving.instance)
        let statement = key.map { mapping.update(values, where: $0) } ?? mapping.insert(values)
        noteWrite(to: mapping.table)
        let row: M
        do {
            let rows = try await run(statement)
            row = try onlyRow(of: rows, created: created) ?? saving.instance
        } catch let error as PostgresError {
            throw mapping.table.failure(for: error) ?? error
        }

        // A hook's place in the order is that of its save, before those of the saves that its receivers make.
        try announce(row, created ? .created : .updated, to: signals.afterCommit)
        var saved = Saved(instance: row, created: created, transaction: self)
        try await signals.postSave.send(&saved)
        instance = row
    }

    /// - Returns: `nil` where no rows are kept.
    private func onlyRow<M: Model>(of rows: Rows, created: Bool) throws -> M? {
        let count = keepsNoRows ? rows.affectedRows : rows.count
        guard count > 0 else {
            throw created
                ? ModelError(.notWritten, "the server did not insert the \(M.self): a trigger or a rule held it back")
                : ModelError(.notFound, "the \(M.self) to update does not exist, or no longer")
        }
        guard count == 1 else {
            throw ModelError(.keyNotUnique, "\(count) rows of \(M.mapping.sender) have the key of one \(M.self)")
        }
        return try rows.first.map(M.mapping.decode)
    }
}
