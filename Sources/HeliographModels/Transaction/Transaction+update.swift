import HeliographPostgres
import HeliographSignals

extension Transaction {
    /// Changes the rows of a query.
    ///
    /// Without `preSave` receivers and rules it is one UPDATE. With them, the rows are locked and read together with what they are about to be, the
    /// receivers run for each, and what has changed is written, in one round trip for many. `postSave` and after-commit receivers run for each.
    ///
    /// - Parameter update: Which rows, and what they become.
    /// - Returns: How many rows there were.
    /// - Throws: ``ValidationFailure`` when a receiver, a rule or a constraint refuses a row; ``ModelError`` with `wrongQuery`; `PostgresError`; what
    ///   receivers throw.
    @discardableResult
    public func update<M: Model>(_ update: QueryUpdate<M>) async throws -> Int {
        try checkLive()
        if let fault = update.fault { throw fault }
        let mapping = M.mapping
        let signals = signals.set(for: M.self)
        if signals.preSave.hasReceivers() || !mapping.validators.isEmpty { return try await updateEach(update) }
        noteWrite(to: mapping.table)
        do {
            let isHeard = signals.hearsWrites
            let rows = try await run(
                mapping.update(update, try update.query.restriction("NO KEY UPDATE"), returningRows: isHeard))
            let fields = update.assignments.map { mapping.columns[$0.column].name }
            for row in isHeard ? try rows.map(mapping.decode) : [] {
                try announce(row, .updated, to: signals.afterCommit)
                var saved = Saved(
                    instance: row, original: nil, created: false, changedFields: fields, origin: .query,
                    transaction: self)
                try await signals.postSave.send(&saved)
            }
            return rows.affectedRows
        } catch let error as PostgresError {
            throw mapping.table.failure(for: error) ?? error
        }
    }

    private func updateEach<M: Model>(_ update: QueryUpdate<M>) async throws -> Int {
        let mapping = M.mapping
        let signals = signals.set(for: M.self)
        try expectRows()
        let width = mapping.columns.count
        var failures: ValidationFailure?
        var savings: [Saving<M>] = []
        let named = update.assignments.map(\.column)
        for row in try await run(mapping.selection(before: update, try update.query.restriction("NO KEY UPDATE"))) {
            let original = try mapping.storage.makeFromRow(row, nil)
            let instance = try mapping.storage.makeFromRow(row, Array(width..<2 * width))
            var saving = Saving(
                instance, original: original, wanted: named, created: false, origin: .query, transaction: self)
            do {
                try await signals.preSave.send(&saving)
                try await validate(&saving)
            } catch let failure as ValidationFailure where failure.cause == nil {
                if failures == nil { failures = failure } else { failures?.merge(failure) }
            }
            savings.append(saving)
        }
        if let failures { throw failures }
        noteWrite(to: mapping.table)
        var rows: [M] = []
        for batch in Batches(savings, of: Self.batchSize) {
            let statements = try batch.map { saving in
                mapping.update(
                    mapping.values(saving.instance), only: saving.changedColumns,
                    where: try mapping.keyCondition(mapping.values(saving.original ?? saving.instance)))
            }
            do {
                for result in try await run(all: statements) {
                    guard let row = result.first else {
                        throw ModelError(
                            .notFound,
                            "a \(M.self) to update does not exist any more, or a trigger or a rule held it back")
                    }
                    rows.append(try mapping.decode(row))
                }
            } catch let error as PostgresError {
                throw mapping.table.failure(for: error) ?? error
            }
        }
        for (row, saving) in zip(rows, savings) { try await tell(row, of: saving) }
        return savings.count
    }
}

extension Mapping {
    /// Changes rows by what is to be assigned.
    fileprivate func update(_ update: QueryUpdate<M>, _ condition: SQL?, returningRows: Bool) -> SQL {
        let assignments = update.assignments.map { "\(identifier: columns[$0.column].name) = \($0.value)" as SQL }
        var sql: SQL = "UPDATE \(tableName) AS \(unsafe: QueryNames.root) SET \(.joined(assignments, by: ", "))"
        if let condition { sql = "\(sql) WHERE \(condition)" }
        return returningRows ? "\(sql) RETURNING \(selectList)" : sql
    }

    /// Locks rows and returns them twice: as they are, and as they are about to be.
    fileprivate func selection(before update: QueryUpdate<M>, _ condition: SQL?) -> SQL {
        var new = columns.map { "\(unsafe: QueryNames.root).\(identifier: $0.name)" as SQL }
        for (column, value) in update.assignments {
            // The type that the property is sent as, since a parameter has none here.
            new[column] = "CAST(\(value) AS \(unsafe: columns[column].valueType.postgresType.sqlName))"
        }
        let sql: SQL = """
            SELECT \(selectList), \(.joined(new, by: ", ")) FROM \(tableName) AS \(unsafe: QueryNames.root)
            """
        return "\(condition.map { "\(sql) WHERE \($0)" } ?? sql) FOR NO KEY UPDATE"
    }
}
