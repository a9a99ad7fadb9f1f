import HeliographPostgres

extension Transaction {
    /// Looks at the rules of a model, after its receivers.
    /// - Throws: ``ValidationFailure`` with what the receivers and the rules have refused.
    /// - Parameter row: the row that is about to be updated, if it is not that of the instance's own key.
    func validate<M: Model>(_ saving: inout Saving<M>, of row: M? = nil) async throws {
        let validators = M.mapping.validators
        let errors = validators.errors(of: saving.instance)
        if !errors.isEmpty { saving.refuse(ValidationFailure(errors)) }
        if !validators.uniqueColumns.isEmpty {
            try await validateUniqueness(validators.uniqueColumns, of: &saving, row)
        }
        if let failure = saving.failure { throw failure }
    }

    /// One statement for all of them. Friendly, and racy as every such look: the unique constraint has the last word.
    private func validateUniqueness<M: Model>(
        _ columns: [Int], of saving: inout Saving<M>, _ row: M?
    ) async throws {
        let mapping = M.mapping
        let values = mapping.values(saving.instance)
        let changed = saving.changedColumns
        let refused = Set(saving.failure?.fields.map(\.field) ?? [])
        let asked = columns.filter { index in
            !values[index].isNull && changed?.contains(index) != false
                && !refused.contains(mapping.columns[index].name)
        }
        guard !asked.isEmpty else { return }
        let own =
            saving.created ? nil : try mapping.keyCondition(mapping.values(row ?? saving.original ?? saving.instance))
        let questions = asked.map { index in
            let others: SQL = own.map { " AND NOT (\($0))" } ?? ""
            return """
                EXISTS (SELECT FROM \(unsafe: mapping.table.qualifiedName) \
                WHERE \(identifier: mapping.columns[index].name) = \(bind: values[index])\(others))
                """ as SQL
        }
        guard let row = try await run("SELECT \(.joined(questions, by: ", "))").first else { return }
        for (place, index) in asked.enumerated() where try row.decode(place, as: Bool.self) {
            saving.refuse(ValidationFailure([.duplicate(mapping.columns[index].name)]))
        }
    }
}
