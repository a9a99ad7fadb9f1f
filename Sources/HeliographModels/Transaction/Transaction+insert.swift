import HeliographPostgres
import HeliographSignals

extension Transaction {
    /// Inserts many instances: `preSave` receivers run for each, then the rules are looked at (`.unique` is asked for many together), then the
    /// rows are written, as many in one statement as PostgreSQL takes parameters (65,535 by the number of columns), then `postSave` receivers
    /// run for each.
    ///
    /// - Parameter instances: The instances; afterwards, what their rows are.
    /// - Throws: As ``insert(_:)-(M)``. What rules and receivers refuse of all instances comes together; a field is then named with the
    ///   instance's place: `[3].email`.
    public func insert<M: Model>(_ instances: inout [M]) async throws {
        try checkLive()
        let mapping = M.mapping
        let signals = signals.set(for: M.self)
        var savings: [Saving<M>] = []
        savings.reserveCapacity(instances.count)
        for instance in instances {
            var saving = Saving(instance, created: true, origin: .bulk, transaction: self)
            try await signals.preSave.send(&saving)
            savings.append(saving)
        }
        try await validate(all: &savings)

        noteWrite(to: mapping.table)
        var rows = savings.map(\.instance)
        let values = rows.map(mapping.values)
        do {
            for (places, statement) in mapping.insert(all: values) {
                let result = try await run(statement)
                guard keepsNoRows || result.count == places.count else {
                    throw ModelError(
                        .notWritten,
                        "the server inserted \(result.count) of \(places.count) \(M.self): a trigger or a rule held the others back"
                    )
                }
                for (place, row) in zip(places, result) { rows[place] = try mapping.decode(row) }
            }
        } catch let error as PostgresError {
            throw mapping.table.failure(for: error) ?? error
        }
        for (row, saving) in zip(rows, savings) { try await tell(row, of: saving) }
        instances = rows
    }
}

extension Transaction {
    /// Inserts an instance together with the next statement, or with COMMIT: see ``executeLater(_:)``. For what a receiver writes along, such as a
    /// profile for each new user.
    ///
    /// `preSave` receivers and rules run at once. If the model has `postSave` or after-commit receivers, the instance is inserted at once as well,
    /// since they are told what the row is.
    ///
    /// - Parameter instance: The instance; a key that the database draws is not read back.
    /// - Throws: As ``insert(_:)-(M)``; what the database refuses is thrown by the next statement or by COMMIT.
    public func insertLater<M: Model>(_ instance: M) async throws {
        let signals = signals.set(for: M.self)
        guard !signals.hearsWrites else {
            var copy = instance
            return try await insert(&copy)
        }
        try checkLive()
        var saving = Saving(instance, created: true, origin: .instance, transaction: self)
        try await signals.preSave.send(&saving)
        try await validate(&saving)
        let mapping = M.mapping
        noteWrite(to: mapping.table)
        try await runLater(mapping.insert(mapping.values(saving.instance), returnsRow: false))
    }
}

extension Mapping {
    /// Statements that write new rows and return them, in their order, each with the places of its rows.
    ///
    /// Rows that leave different columns to the database are written by different statements, since DEFAULT is not allowed in the place of a value
    /// behind a SELECT, and a list of VALUES has one form.
    fileprivate func insert(all values: [[Bind]]) -> [(places: [Int], statement: SQL)] {
        var forms: [[Bool]: [Int]] = [:]
        var order: [[Bool]] = []
        for (place, row) in values.enumerated() {
            let form = zip(columns, row).map { $0.isLeftToDatabase($1) }
            if forms[form, default: []].isEmpty { order.append(form) }
            forms[form, default: []].append(place)
        }
        var statements: [(places: [Int], statement: SQL)] = []
        for form in order {
            let insertion = Insertion(into: table, of: columns.indices.filter { !form[$0] })
            let size = insertion.columns.isEmpty ? 1 : SQL.maximumParameters / insertion.columns.count
            for places in Batches(forms[form] ?? [], of: size) {
                let sql = insertion.statement(all: places.map { values[$0] })
                statements.append((Array(places), sql))
            }
        }
        return statements
    }
}
