import HeliographPostgres

extension Transaction {
    /// Looks at the rules of a model, after its receivers.
    /// - Throws: ``ValidationFailure`` with what the receivers and the rules have refused.
    /// - Parameter row: the row that is about to be updated, if it is not that of the instance's own key.
    func validate<M: Model>(_ saving: inout Saving<M>, of row: M? = nil) async throws {
        checkRules(of: &saving)
        if !M.mapping.validators.uniqueColumns.isEmpty {
            var savings = [saving]
            try await checkUniqueness(of: &savings, row)
            saving = savings[0]
        }
        if let failure = saving.failure { throw failure }
    }

    /// Looks at the rules of a model for many new instances, after their receivers.
    /// - Throws: ``ValidationFailure`` with what the receivers and the rules have refused; fields are named with the instance's place.
    func validate<M: Model>(all savings: inout [Saving<M>]) async throws {
        for place in savings.indices { checkRules(of: &savings[place]) }
        if !M.mapping.validators.uniqueColumns.isEmpty { try await checkUniqueness(of: &savings, nil) }
        var all: ValidationFailure?
        for (place, saving) in savings.enumerated() {
            guard let failure = saving.failure?.prefixed("[\(place)]") else { continue }
            if all == nil { all = failure } else { all?.merge(failure) }
        }
        if let all { throw all }
    }

    private func checkRules<M: Model>(of saving: inout Saving<M>) {
        let errors = M.mapping.validators.errors(of: saving.instance)
        if !errors.isEmpty { saving.refuse(ValidationFailure(errors)) }
    }

    /// Planning takes time and memory by their number.
    private static var questionsPerStatement: Int { 250 }

    /// One statement for all columns and many instances. Friendly, and racy as every such look: the unique constraint has the last word.
    private func checkUniqueness<M: Model>(of savings: inout [Saving<M>], _ row: M?) async throws {
        var questions: [(place: Int, column: String, sql: SQL)] = []
        for (place, saving) in savings.enumerated() {
            for (column, sql) in try uniquenessQuestions(of: saving, row) { questions.append((place, column, sql)) }
        }
        for batch in Batches(questions, of: Self.questionsPerStatement) {
            // An array, since a list of columns ends at 1,664.
            guard let answers = try await run("SELECT ARRAY[\(.joined(batch.map(\.sql), by: ", "))]").first else {
                continue
            }
            for (question, isTaken) in zip(batch, try answers.decode(0, as: [Bool].self)) where isTaken {
                savings[question.place].refuse(ValidationFailure([.duplicate(question.column)]))
            }
        }
    }

    /// For each unique column that is to be written and not refused already: whether another row has the value.
    private func uniquenessQuestions<M: Model>(of saving: Saving<M>, _ row: M?) throws -> [(column: String, sql: SQL)] {
        let mapping = M.mapping
        let columns = mapping.columns
        let values = mapping.values(saving.instance)
        let changed = saving.changedColumns
        let refused = Set(saving.failure?.fields.map(\.field) ?? [])
        let asked = mapping.validators.uniqueColumns.filter { index in
            !values[index].isNull && changed?.contains(index) != false && !refused.contains(columns[index].name)
        }
        guard !asked.isEmpty else { return [] }
        var others: SQL = ""
        if !saving.created {
            let own = try mapping.keyCondition(mapping.values(row ?? saving.original ?? saving.instance))
            others = " AND NOT (\(own))"
        }
        return asked.map { index in
            let name = columns[index].name
            return (
                name,
                """
                EXISTS (SELECT FROM \(unsafe: mapping.table.qualifiedName) \
                WHERE \(identifier: name) = \(bind: values[index])\(others))
                """
            )
        }
    }
}
