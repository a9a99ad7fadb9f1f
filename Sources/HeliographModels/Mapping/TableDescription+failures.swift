import HeliographPostgres

extension TableDescription {
    /// The refusal of an instance that an error of the database means; `nil` if it means something else, such as a
    /// violation in another table that a trigger writes to.
    func failure(for error: PostgresError) -> ValidationFailure? {
        guard let state = error.sqlState else { return nil }
        // Of one that was sent along with another only the server knows which table it was for.
        if error.isOfPostponed, error.table == nil { return nil }
        // The server names no table with these two: they are found before the value has got to one.
        switch state {
        case .stringDataRightTruncation where error.table == nil || isNamed(in: error):
            return failure(error, field: error.column, code: "length", message: "a value is too long")
        case .numericValueOutOfRange where error.table == nil || isNamed(in: error):
            return failure(error, field: error.column, code: "range", message: "a number is out of range")
        default: break
        }
        guard isNamed(in: error) else { return nil }
        switch state {
        case .uniqueViolation: return duplicate(error)
        case .notNullViolation:
            return failure(error, field: error.column, code: "required", message: "a value is required")
        case .checkViolation:
            for column in columns {
                guard let rule = column.rules.first(where: { constraintName(of: $0, on: column) == error.constraint })
                else { continue }
                return failure(error, field: column.name, code: rule.code, message: rule.message)
            }
            let constraint = error.constraint.map { " \($0)" } ?? ""
            return failure(
                error, field: column(of: error, label: "check"), code: "check",
                message: "the check\(constraint) refuses the value"
            )
        case .foreignKeyViolation:
            return failure(
                error, field: column(of: error, label: "fkey"), code: "reference",
                message: "the row that is referred to does not exist"
            )
        default: return nil
        }
    }

    /// The refusal of a deletion that an error of the database means.
    func deletionFailure(for error: PostgresError) -> ValidationFailure? {
        // Here the server names the table that refers to this one.
        guard error.sqlState == .foreignKeyViolation else { return failure(for: error) }
        return failure(error, field: nil, code: "reference", message: "other rows still refer to this one")
    }

    private func duplicate(_ error: PostgresError) -> ValidationFailure {
        if error.constraint == ConstraintName.chosen(table: name, column: nil, label: "pkey") {
            let keys = columns.filter(\.isKey)
            if !keys.isEmpty {
                return ValidationFailure(keys.map { .duplicate($0.name) }, cause: error)
            }
        }
        if let group = uniqueGroups.first(where: { constraintName(of: $0) == error.constraint }) {
            return ValidationFailure(
                group.columns.filter(columns.indices.contains).map { .duplicate(columns[$0].name) }, cause: error)
        }
        if let column = column(of: error, label: "key") ?? column(of: error, label: "idx") {
            return ValidationFailure([.duplicate(column)], cause: error)
        }
        return failure(error, field: nil, code: "unique", message: "a row with these values already exists")
    }

    private func failure(_ error: PostgresError, field: String?, code: String, message: String) -> ValidationFailure {
        ValidationFailure([FieldError(field: field ?? "", code: code, message: message)], cause: error)
    }

    /// The column that the violated constraint belongs to: as the mapping says, or by the name PostgreSQL would choose.
    private func column(of error: PostgresError, label: String) -> String? {
        guard let constraint = error.constraint else { return nil }
        let declared = columns.first { $0.constraints.contains(constraint) }
        let column =
            declared
            ?? columns.first { ConstraintName.chosen(table: name, column: $0.name, label: label) == constraint }
        return column?.name
    }

    /// The name of the constraint for a rule, if it is installed.
    func constraintName(of rule: RuleDeclaration, on column: ColumnDescription) -> String {
        // With what it says: a rule that has changed is another constraint.
        let hash = FNV1a.hash(rule.condition(column: column.name) ?? "")
        let digits = String(hash & 0xffffff, radix: 16)
        let mark = String(repeating: "0", count: 6 - digits.count) + digits
        return ConstraintName.chosen(table: name, column: column.name, label: "\(rule.code.prefix(20))_rule_\(mark)")
    }

    /// Whether a constraint is one that was made for a rule of a column, by this version of the model or another.
    func isRuleConstraint(_ constraint: String, of column: ColumnDescription, code: String) -> Bool {
        let sample = ConstraintName.chosen(table: name, column: column.name, label: "\(code.prefix(20))_rule_000000")
        return constraint.count == sample.count && constraint.hasPrefix(sample.dropLast(6))
    }

    /// The name of the constraint for columns that are unique together: the given one, or the one PostgreSQL would choose.
    func constraintName(of group: UniqueGroup) -> String {
        let names = group.columns.filter(columns.indices.contains).map { columns[$0].name }
        return group.name ?? ConstraintName.chosen(table: name, column: names.joined(separator: "_"), label: "key")
    }

    private func isNamed(in error: PostgresError) -> Bool {
        error.table == name && (schema == nil || error.schema == schema)
    }
}

extension SQLState {
    /// A text does not fit the length of its column.
    static let stringDataRightTruncation: Self = "22001"
    /// A number does not fit the type of its column.
    static let numericValueOutOfRange: Self = "22003"
}
