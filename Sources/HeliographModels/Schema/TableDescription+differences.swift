import HeliographPostgres
import HeliographSignals

extension TableDescription {
    /// In what the mapping and its table are not the same.
    func differences(from live: LiveTable?) -> [ModelDifference] {
        guard let live else {
            return [difference(.table, nil, "\(model): there is no table \(sender)")]
        }
        var found = columns.flatMap { differences(of: $0, from: live) }
        let mapped = Set(columns.map(\.name))
        for column in live.columns
        where column.isNotNull && !column.isFilledIn && !column.isReadOnly && !mapped.contains(column.name) {
            found.append(
                difference(
                    .column, column.name,
                    "\(model): column \"\(column.name)\" (\(column.typeName)) must have a value, and is not mapped"))
        }
        let key = columns.filter(\.isKey).map(\.name)
        if key.isEmpty {
            found.append(difference(.unique, nil, "\(model): the mapping has no Key"))
        } else if !live.uniqueIndexes.contains(where: { !$0.hasExpression && Set($0.columns).isSubset(of: key) }) {
            let names = key.map { "\"\($0)\"" }.joined(separator: ", ")
            found.append(
                difference(.unique, nil, "\(model): \(names) is no key of \(sender), which has no unique index on it"))
        }
        for group in uniqueGroups {
            let names = group.columns.filter(columns.indices.contains).map { columns[$0].name }
            if names.count < group.columns.count {
                found.append(difference(.unique, nil, "\(model) is to be unique by a property that has no column"))
            } else if !live.uniqueIndexes.contains(where: { !$0.hasExpression && Set($0.columns) == Set(names) }) {
                let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
                found.append(difference(.unique, nil, "\(model): \(sender) has no unique constraint on \(list)"))
            }
        }
        return found
    }

    private func differences(of column: ColumnDescription, from live: LiveTable) -> [ModelDifference] {
        guard let actual = live.columns.first(where: { $0.name == column.name }) else {
            return [difference(.column, column.name, "\(model): \(sender) has no column \"\(column.name)\"")]
        }
        var found: [ModelDifference] = []
        func add(_ kind: ModelDifference.Kind, _ message: String) {
            found.append(difference(kind, column.name, "\(model): column \"\(column.name)\" \(message)"))
        }
        let type = Self.name(of: column.valueType)
        if !column.valueType.accepts(actual.type, element: actual.element) {
            add(.type, "is \(actual.typeName), which \(type) cannot be read from")
        }
        if !actual.isNotNull, !column.isOptional {
            add(.null, "may be NULL, and the property is \(type), which cannot be nil")
        }
        if actual.isNotNull, column.isNullable, !column.isKey {
            add(.null, "is NOT NULL, and the property is \(type): make it not optional, or .generated()")
        }
        if column.isGenerated, !actual.isFilledIn, !actual.isReadOnly {
            add(.generated, "is to be filled in by the database, and has neither a default nor an identity")
        }
        if actual.isReadOnly, !column.isGenerated {
            add(.generated, "is written by the database alone: make the property optional, and the column .generated()")
        }
        if column.isUnique, !isUnique(column, in: live) { add(.unique, "is to be unique, and has no unique index") }
        if let declared = column.enumeration {
            let missing = declared.labels.filter { !actual.labels.contains($0) }
            let unknown = actual.labels.filter { !declared.labels.contains($0) }
            if !missing.isEmpty { add(.labels, "is of \(actual.typeName), which has no \(Self.list(missing))") }
            if !unknown.isEmpty {
                add(.labels, "is of \(actual.typeName), whose \(Self.list(unknown)) \(type) does not know")
            }
        }
        if let key = column.foreignKey { found += differences(of: key, column, from: live) }
        for rule in column.rules {
            if let fault = rule.fault { add(.rule, "has a rule that nothing passes: \(fault)") }
        }
        return found
    }

    private func isUnique(_ column: ColumnDescription, in live: LiveTable) -> Bool {
        let names =
            column.constraints
            + ["key", "idx"].map { ConstraintName.chosen(table: name, column: column.name, label: $0) }
        return live.uniqueIndexes.contains { index in
            !index.hasExpression && index.columns == [column.name] || names.contains(index.name)
        }
    }

    private func differences(
        of key: ForeignKey, _ column: ColumnDescription, from live: LiveTable
    ) -> [ModelDifference] {
        guard let target = key.column else {
            return [
                difference(
                    .reference, column.name,
                    "\(model): column \"\(column.name)\" refers to a property of \(key.table.model) that has no column")
            ]
        }
        let matching = live.references.first { reference in
            reference.columns == [column.name] && reference.table == key.table.name
                && reference.targets == [target.name]
                && (key.table.schema == nil || key.table.schema == reference.schema)
        }
        guard let matching else {
            return [
                difference(
                    .reference, column.name,
                    "\(model): column \"\(column.name)\" has no foreign key to \"\(target.name)\" of \(key.table.sender)"
                )
            ]
        }
        return [("DELETE", key.onDelete, matching.onDelete), ("UPDATE", key.onUpdate, matching.onUpdate)].compactMap {
            event, declared, actual in
            guard declared.code != actual else { return nil }
            let really = ForeignKey.Action.allCases.first { $0.code == actual }?.rawValue ?? actual
            return difference(
                .reference, column.name,
                "\(model): the foreign key of column \"\(column.name)\" is ON \(event) \(really), not \(declared.rawValue)"
            )
        }
    }

    private func difference(_ kind: ModelDifference.Kind, _ column: String?, _ message: String) -> ModelDifference {
        ModelDifference(kind: kind, model: model, table: sender.name, column: column, message: message)
    }

    private static func list(_ labels: [String]) -> String { labels.map { "\"\($0)\"" }.joined(separator: ", ") }

    /// A type as Swift code writes it.
    private static func name(of type: any PostgresCodable.Type) -> String {
        let name = "\(type)"
        return name.hasPrefix("Optional<") ? "\(name.dropFirst(9).dropLast())?" : name
    }
}

extension ForeignKey.Action {
    /// As in `pg_constraint`.
    var code: String {
        switch self {
        case .noAction: "a"
        case .restrict: "r"
        case .cascade: "c"
        case .setNull: "n"
        case .setDefault: "d"
        }
    }
}
