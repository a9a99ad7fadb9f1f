public import HeliographPostgres

/// What can be said of a column, whether it is a ``Column`` or a ``Key``.
public protocol ColumnBuilding<Root, Value>: MappedProperty {
    /// The column.
    var column: Column<Root, Value> { get set }
}

extension ColumnBuilding {
    func describing(_ change: (inout ColumnDescription) -> Void) -> Self {
        var copy = self
        for index in copy.column.descriptions.indices { change(&copy.column.descriptions[index]) }
        return copy
    }

    /// Says that no two rows have the same value, so that a violation is reported on this field.
    ///
    /// The table itself must have the constraint; this declares it to the mapping.
    ///
    /// - Parameter constraint: The constraint's or unique index's name, if it is not one that PostgreSQL would choose:
    ///   `table_column_key` or `table_column_idx`.
    public func unique(constraint: String? = nil) -> Self {
        describing { description in
            description.isUnique = true
            description.uniqueConstraint = constraint
            if let constraint { description.constraints.append(constraint) }
        }
    }

    /// Names a constraint (check, foreign key, …) whose violation is to be reported on this field.
    ///
    /// Names that PostgreSQL would choose, such as `table_column_check` and `table_column_fkey`, need not be given.
    ///
    /// - Parameter constraint: The constraint's name in the table.
    public func constrained(by constraint: String) -> Self {
        describing { $0.constraints.append(constraint) }
    }

    /// Lets the database fill the column in: while the property is `nil` the column is left out of INSERT and UPDATE, and
    /// the value it has in the row is read back.
    ///
    /// So a value that is there cannot be set to NULL through the model.
    public func generated<Wrapped>() -> Self where Value == Wrapped? {
        describing { $0.isGenerated = true }
    }

    /// Says what type the column has in the table, where it is not the one that PostgreSQL has for the property's type: `varchar(40)`,
    /// `date`, a type of one's own.
    ///
    /// - Parameter sql: The type, as it stands in CREATE TABLE.
    public func type(_ sql: String) -> Self { describing { $0.declaredType = sql } }

    /// Says that the column is of a PostgreSQL enum, and that its labels are the cases' raw values.
    ///
    /// - Parameter name: The type's name, as it is in the database and unquoted.
    public func enumeration(_ name: String) -> Self
    where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
        describing { description in
            description.declaredType = SQL.quoted(identifier: name)
            description.enumeration = .init(name: name, labels: Value.allCases.map(\.rawValue))
        }
    }

    /// Says that the column is of a PostgreSQL enum, and that its labels are the cases' raw values.
    ///
    /// - Parameter name: The type's name, as it is in the database and unquoted.
    public func enumeration<Case>(_ name: String) -> Self
    where Value == Case?, Case: CaseIterable & RawRepresentable, Case.RawValue == String {
        describing { description in
            description.declaredType = SQL.quoted(identifier: name)
            description.enumeration = .init(name: name, labels: Case.allCases.map(\.rawValue))
        }
    }

    /// Says which value the table gives to the column where a statement gives none. It is also that of records from before the column
    /// existed.
    ///
    /// - Parameter value: The value.
    public func `default`(_ value: Value) -> Self where Value: PostgresCodable {
        describing { description in
            description.defaultExpression = .value(value.bind)
            description.defaultRecordValue = try? value.bind.json
        }
    }

    /// Says which value the table gives to the column where a statement gives none.
    ///
    /// - Parameter sql: An expression, such as `now()`.
    public func `default`(sql: String) -> Self { describing { $0.defaultExpression = .sql(sql) } }

    /// Says what values the table accepts.
    ///
    /// - Parameters:
    ///   - sql: A condition, such as `price >= 0`.
    ///   - constraint: The constraint's name. Default: the one PostgreSQL would choose, `table_column_check`.
    public func check(_ sql: String, constraint: String? = nil) -> Self {
        describing { description in
            description.checks.append(.init(name: constraint, condition: sql))
            if let constraint { description.constraints.append(constraint) }
        }
    }

    /// Says what a value must be like. It is looked at before each INSERT and UPDATE, after the `preSave` receivers, and the refusals of all
    /// columns come together; of one column, the first rule's.
    ///
    /// - Parameter rules: The rules, in the order in which they are to be reported.
    public func validated(_ rules: Rule<Value>...) -> Self { adding(rules) }

    /// Says what a value must be like, if there is one. NULL passes, but for ``Rule/present``.
    ///
    /// - Parameter rules: The rules, in the order in which they are to be reported.
    public func validated<Wrapped>(_ rules: Rule<Wrapped>...) -> Self where Value == Wrapped? {
        adding(rules.map(Rule.init(ifPresent:)))
    }

    private func adding(_ rules: [Rule<Value>]) -> Self {
        var copy = describing { description in
            description.rules += rules.map(\.declaration)
            if rules.contains(where: \.declaration.isUniqueness) { description.isUnique = true }
        }
        copy.column.rules += rules
        return copy
    }
}
