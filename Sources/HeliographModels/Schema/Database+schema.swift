import HeliographPostgres

extension Database {
    /// Makes the tables of models, in one transaction: for tests, and for programs without migrations. What is there already is an error.
    ///
    /// - Parameter schema: The models.
    /// - Throws: ``ModelError`` with `mismatch` for a mapping that does not say enough; `PostgresError`.
    public func create(_ schema: ModelSchema) async throws {
        let statements = try schema.statements
        try await transaction { tx in
            for statement in statements { try await tx.execute(SQL(unsafe: statement)) }
        }
    }

    /// Compares the mappings of models with their tables. Run it when the program starts: what would be an error at some row is one at once.
    ///
    /// - Parameter schema: The models.
    /// - Throws: ``ModelError`` with `mismatch`, naming model, column and both types of each difference; `PostgresError`.
    public func verify(_ schema: ModelSchema) async throws {
        let differences = try await differences(schema)
        guard differences.isEmpty else {
            throw ModelError(.mismatch, differences.map(\.message).joined(separator: "; "))
        }
    }

    /// Says in the database what this program's models are, so that `heliograph doctor` can compare them with their tables, and say which rules
    /// plain SQL can bypass. Run it when the program starts, by a role that is in `heliograph_worker`.
    ///
    /// - Parameters:
    ///   - schema: The models, in the place of those that the program has declared before.
    ///   - program: The program's name, the same in each of its processes.
    /// - Throws: `PostgresError`, also if the schema of the signal log is not installed.
    public func declare(_ schema: ModelSchema, as program: String) async throws {
        try await pool.query(schema.declaration(as: program, logSchema: logSchema))
    }

    /// In what the mappings of models and their tables are not the same.
    ///
    /// - Parameter schema: The models.
    /// - Throws: `PostgresError`.
    public func differences(_ schema: ModelSchema) async throws -> [ModelDifference] {
        var found: [ModelDifference] = []
        for table in schema.tables {
            found += ModelDescription(table).differences(
                from: try await LiveTable.read(table.qualifiedName, from: self))
        }
        return found
    }

    /// The rules that a program which does not go through the models can bypass: there is no constraint for them in the table.
    ///
    /// - Parameter schema: The models.
    /// - Throws: `PostgresError`.
    public func bypassableRules(_ schema: ModelSchema) async throws -> [BypassableRule] {
        var found: [BypassableRule] = []
        for table in schema.tables {
            let live = try await LiveTable.read(table.qualifiedName, from: self)
            found += ModelDescription(table).bypassableRules(live)
        }
        return found
    }

    /// Installs the rules of models that SQL can say, and that are not there yet, as constraints of their tables, so that everybody must obey them.
    ///
    /// Each table is locked for a moment only: the constraint is added without a look at the rows, and then they are looked at while others go on
    /// reading and writing (`NOT VALID`, `VALIDATE CONSTRAINT`). A rule that has changed takes the place of what it was. If a row breaks the rule, the constraint stays for new ones.
    ///
    /// - Parameter schema: The models.
    /// - Returns: The names of the constraints that were added.
    /// - Throws: `PostgresError`, also when rows that are there break a rule.
    @discardableResult
    public func install(rulesOf schema: ModelSchema) async throws -> [String] {
        var added: [String] = []
        for table in schema.tables {
            guard let live = try await LiveTable.read(table.qualifiedName, from: self), !live.isView else { continue }
            let rules = table.ruleConstraints
            for rule in rules {
                let present = live.checks.first { $0.name == rule.name }
                if present == nil {
                    do {
                        try await pool.query(
                            """
                            ALTER TABLE \(unsafe: table.qualifiedName) ADD CONSTRAINT \(identifier: rule.name) \
                            CHECK (\(unsafe: rule.condition)) NOT VALID
                            """)
                        added.append(rule.name)
                    } catch let error as PostgresError where error.sqlState == "42710" {
                        // Another process has just done so.
                    }
                }
                if present?.isValidated != true {
                    try await pool.query(
                        "ALTER TABLE \(unsafe: table.qualifiedName) VALIDATE CONSTRAINT \(identifier: rule.name)")
                }
            }
            // What the rules were before; behind the new ones, so that there is always one of them.
            let names = Set(rules.map(\.name))
            for check in live.checks where !names.contains(check.name) {
                guard
                    table.columns.contains(where: { column in
                        column.rules.contains { table.isRuleConstraint(check.name, of: column, code: $0.code) }
                    })
                else { continue }
                try await pool.query(
                    "ALTER TABLE \(unsafe: table.qualifiedName) DROP CONSTRAINT IF EXISTS \(identifier: check.name)")
            }
        }
        return added
    }
}
