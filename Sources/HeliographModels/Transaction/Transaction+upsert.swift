import HeliographPostgres
import HeliographSignals

extension Transaction {
    /// Inserts an instance, or updates the row that has the same values in some columns, such as the key or an e-mail address.
    ///
    /// Receivers run as with a save. If another transaction inserts the row between the look and the INSERT, the row is updated, and `preSave`
    /// receivers run once more, then with `created` `false`; so they do if they make another value of one that finds the row, such as an address in
    /// small letters. `postSave` receivers run once, and are told what was really done.
    ///
    /// - Parameters:
    ///   - instance: The instance; afterwards, what the row is.
    ///   - properties: The properties by which the row is found; the table must have a unique constraint on their columns. Default: the key.
    /// - Returns: Whether a new row was inserted.
    /// - Throws: As ``save(_:)``; ``ModelError`` with `wrongQuery` for a property without a column, and with `wrongKey` when the table has no such
    ///   constraint, or the instance has no value there.
    @discardableResult
    public func upsert<M: Model>(_ instance: inout M, on properties: PartialKeyPath<M>...) async throws -> Bool {
        try checkLive()
        let mapping = M.mapping
        let columns =
            properties.isEmpty
            ? mapping.columns.indices.filter { mapping.columns[$0].isKey }
            : try properties.map { try mapping.column(of: $0) }
        var given = mapping.values(instance)
        for _ in 0..<Self.upsertRounds {
            guard !columns.isEmpty, !columns.contains(where: { given[$0].isNull }) else {
                throw ModelError(.wrongKey, "an upsert of \(M.self) needs a value in each column that finds the row")
            }
            let condition = SQL.joined(
                columns.map { "\(identifier: mapping.columns[$0].name) = \(bind: given[$0])" }, by: " AND ")
            let found = try await run("\(mapping.row(where: condition)) FOR NO KEY UPDATE")
            guard found.count <= 1 else {
                throw ModelError(.keyNotUnique, "\(found.count) rows of \(mapping.sender) are found by one \(M.self)")
            }
            var saving = Saving(instance, created: found.isEmpty, origin: .instance, transaction: self)
            try await signals.set(for: M.self).preSave.send(&saving)
            let values = mapping.values(saving.instance)
            if columns.contains(where: { values[$0] != given[$0] }) {
                // A receiver has made another value of it, in small letters for example: that is the one to look for.
                given = values
                continue
            }
            if let row = found.first {
                // The row has a key already, which the instance need not know.
                try await validate(&saving, of: try mapping.decode(row))
            } else {
                try await validate(&saving)
            }
            noteWrite(to: mapping.table)
            let rows: Rows
            do {
                rows = try await run(
                    found.isEmpty
                        ? mapping.insert(values, unlessThere: columns) : mapping.update(values, where: condition))
            } catch let error as PostgresError {
                if error.sqlState == "42P10" {
                    let names = columns.map { "\"\(mapping.columns[$0].name)\"" }.joined(separator: ", ")
                    throw ModelError(.wrongKey, "\(mapping.sender) has no unique constraint on \(names)")
                }
                throw mapping.table.failure(for: error) ?? error
            }
            if rows.affectedRows == 0, !keepsNoRows {
                guard found.isEmpty else {
                    throw ModelError(
                        .notWritten, "the server did not update the \(M.self): a trigger or a rule held it back")
                }
                continue
            }
            let row = try rows.first.map(mapping.decode) ?? saving.instance
            try await tell(row, of: saving)
            instance = row
            return saving.created
        }
        throw ModelError(
            .notWritten,
            "the \(M.self) is neither found nor inserted: a trigger or a rule holds it back, a policy hides it, or receivers give it another key each time"
        )
    }

    /// So often others may insert and delete the row between a look and an INSERT.
    private static var upsertRounds: Int { 10 }
}

extension Mapping {
    /// Writes a new row, unless there is one with the same values in some columns.
    fileprivate func insert(_ values: [Bind], unlessThere columns: [Int]) -> SQL {
        let written = self.columns.indices.filter { !self.columns[$0].isLeftToDatabase(values[$0]) }
        let names = { (places: [Int]) in
            SQL(unsafe: places.map { SQL.quoted(identifier: self.columns[$0].name) }.joined(separator: ", "))
        }
        let binds = SQL.joined(written.map { "\(bind: values[$0])" }, by: ", ")
        return """
            INSERT INTO \(tableName) (\(names(written))) VALUES (\(binds)) ON CONFLICT (\(names(columns))) DO NOTHING \
            RETURNING \(selectList)
            """
    }
}
