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
    /// - Throws: ``ValidationFailure`` when a receiver, a rule or a constraint refuses the instance. A constraint has aborted the
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

    /// Writes what has changed of an instance since it was read. If nothing has, not even by a `preSave` receiver, nothing is written, and nobody
    /// is told of a save.
    ///
    /// - Parameter loaded: The instance; afterwards, what the row is.
    /// - Returns: Whether anything was written.
    /// - Throws: As the save of a whole instance.
    @discardableResult
    public func save<M: Model>(_ loaded: inout Loaded<M>) async throws -> Bool {
        var instance = loaded.instance
        // The row is the one that was read, whatever has become of the key.
        let isWritten = try await write(&instance, created: false, original: loaded.original)
        loaded = Loaded(instance)
        return isWritten
    }

    /// Writes some columns of an instance into its row, and those that `preSave` receivers change.
    ///
    /// - Parameters:
    ///   - instance: The instance; afterwards, what the row is.
    ///   - properties: The properties whose columns to write.
    /// - Throws: As the save of a whole instance; ``ModelError`` with `wrongQuery` for a property without a column.
    public func update<M: Model>(_ instance: inout M, only properties: PartialKeyPath<M>...) async throws {
        let wanted = try properties.map { try M.mapping.column(of: $0) }
        try await write(&instance, created: false, baseline: instance, wanted: wanted)
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

    /// Reads an instance's row again, by its key.
    ///
    /// - Parameter instance: The instance; afterwards, what the row is.
    /// - Throws: ``ModelError`` with `notFound` when the row is gone; `PostgresError`.
    public func refresh<M: Model>(_ instance: inout M) async throws {
        instance = try await refreshed(instance)
    }

    /// - Parameters:
    ///   - original: what the row is, if only what has changed is to be written.
    ///   - baseline: what to compare with in its place.
    ///   - wanted: columns that are written though they may not have changed.
    /// - Returns: whether anything was written.
    @discardableResult
    private func write<M: Model>(
        _ instance: inout M, created: Bool, original: M? = nil, baseline: M? = nil, wanted: [Int] = []
    ) async throws -> Bool {
        try checkLive()
        let mapping = M.mapping
        let signals = signals.set(for: M.self)
        // The row is found by the key from before the receivers.
        let key = created ? nil : try mapping.keyCondition(mapping.values(original ?? instance))

        var saving = Saving(
            instance, original: original, baseline: baseline, wanted: wanted, created: created, origin: .instance,
            transaction: self)
        try await signals.preSave.send(&saving)
        try await validate(&saving)

        let values = mapping.values(saving.instance)
        let columns = saving.changedColumns
        if columns?.isEmpty == true {
            instance = saving.instance
            return false
        }
        let statement = key.map { mapping.update(values, only: columns, where: $0) } ?? mapping.insert(values)
        noteWrite(to: mapping.table)
        let row: M
        do {
            let rows = try await run(statement)
            row = try onlyRow(of: rows, created: created) ?? saving.instance
        } catch let error as PostgresError {
            throw mapping.table.failure(for: error) ?? error
        }
        try await tell(row, of: saving)
        instance = row
        return true
    }

    /// Tells the receivers what has been written.
    func tell<M: Model>(_ row: M, of saving: Saving<M>) async throws {
        let signals = signals.set(for: M.self)
        // A hook's place in the order is that of its save, before those of the saves that its receivers make.
        try announce(row, saving.created ? .created : .updated, to: signals.afterCommit)
        guard signals.postSave.hasReceivers() else { return }
        var saved = Saved(
            instance: row, original: saving.original, created: saving.created, changedFields: saving.changedFields,
            origin: saving.origin, transaction: self)
        try await signals.postSave.send(&saved)
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

extension ModelReader {
    /// The row of an instance as it is now.
    func refreshed<M: Model>(_ instance: M) async throws -> M {
        let mapping = M.mapping
        let sql = mapping.row(where: try mapping.keyCondition(mapping.values(instance)))
        guard let row = try await rows(sql, file: #fileID, line: #line).first else {
            throw ModelError(.notFound, "the \(M.self) to read again does not exist, or no longer")
        }
        return try mapping.decode(row)
    }
}
