import HeliographPostgres

extension ModelDescription {
    /// In what the mapping and its table are not the same.
    package func differences(from live: LiveTable?) -> [ModelDifference] {
        guard let live else { return [difference(.table, nil, "\(model): there is no table \(sender)")] }
        var found = columns.flatMap { differences(of: $0, from: live) }
        if live.isView { return found }
        let mapped = Set(columns.map(\.name))
        for column in live.columns
        where column.isNotNull && !column.isFilledIn && !column.isReadOnly && !mapped.contains(column.name) {
            found.append(
                difference(
                    .column, column.name,
                    "\(model): column \"\(column.name)\" (\(column.typeName)) must have a value, and is not mapped"))
        }
        if key.isEmpty {
            found.append(difference(.unique, nil, "\(model): the mapping has no Key"))
        } else if !live.uniqueIndexes.contains(where: { $0.isOfColumns && Set($0.columns).isSubset(of: key) }) {
            found.append(
                difference(
                    .unique, nil, "\(model): \(Self.list(key)) is no key of \(sender), which has no unique index on it")
            )
        }
        for group in groups {
            if !group.isWhole {
                found.append(difference(.unique, nil, "\(model) is to be unique by a property that has no column"))
            } else if !live.uniqueIndexes.contains(where: { $0.isOfColumns && Set($0.columns) == Set(group.columns) }
            ) {
                found.append(
                    difference(
                        .unique, nil, "\(model): \(sender) has no unique constraint on \(Self.list(group.columns))"))
            }
        }
        return found
    }

    private func differences(of column: Column, from live: LiveTable) -> [ModelDifference] {
        guard let actual = live.columns.first(where: { $0.name == column.name }) else {
            return [difference(.column, column.name, "\(model): \(sender) has no column \"\(column.name)\"")]
        }
        var found: [ModelDifference] = []
        func add(_ kind: ModelDifference.Kind, _ message: String) {
            found.append(difference(kind, column.name, "\(model): column \"\(column.name)\" \(message)"))
        }
        let type = column.type
        if !column.accepts(actual) { add(.type, "is \(actual.typeName), which \(type) cannot be read from") }
        if !actual.isNotNull, !column.isOptional, !live.isView {
            add(.null, "may be NULL, and the property is \(type), which cannot be nil")
        }
        if actual.isNotNull, column.isNullable {
            add(.null, "is NOT NULL, and the property is \(type): make it not optional, or .generated()")
        }
        if column.isGenerated, !actual.isFilledIn, !actual.isReadOnly, !live.hasTriggers, !live.isView {
            add(.generated, "is to be filled in by the database, and has neither a default nor an identity")
        }
        if actual.isReadOnly, !column.isGenerated {
            add(.generated, "is written by the database alone: make the property optional, and the column .generated()")
        }
        if let names = column.unique, !live.isView,
            !live.uniqueIndexes.contains(where: {
                $0.isOfColumns && $0.columns == [column.name] || names.contains($0.name)
            })
        {
            add(.unique, "is to be unique, and has no unique index")
        }
        if let labels = column.labels {
            let missing = labels.filter { !actual.labels.contains($0) }
            let unknown = actual.labels.filter { !labels.contains($0) }
            if !missing.isEmpty { add(.labels, "is of \(actual.typeName), which has no \(Self.list(missing))") }
            if !unknown.isEmpty {
                add(.labels, "is of \(actual.typeName), whose \(Self.list(unknown)) \(type) does not know")
            }
        }
        if let reference = column.reference, !live.isView { found += differences(of: reference, column, from: live) }
        for case let fault? in column.rules.map(\.fault) { add(.rule, "has a rule that nothing passes: \(fault)") }
        return found
    }

    private func differences(of key: Reference, _ column: Column, from live: LiveTable) -> [ModelDifference] {
        func difference(_ message: String) -> ModelDifference {
            self.difference(.reference, column.name, "\(model): \(message)")
        }
        guard let target = key.column else {
            return [difference("column \"\(column.name)\" refers to a property of \(key.model) that has no column")]
        }
        let matching = live.references.first { reference in
            reference.columns == [column.name] && reference.table == key.table && reference.targets == [target]
                && (key.schema == nil || key.schema == reference.schema)
        }
        guard let matching else {
            return [difference("column \"\(column.name)\" has no foreign key to \"\(target)\" of \(key.sender)")]
        }
        return [("DELETE", key.onDelete, matching.onDelete), ("UPDATE", key.onUpdate, matching.onUpdate)].compactMap {
            event, declared, actual in
            guard declared != actual.rawValue else { return nil }
            return difference(
                "the foreign key of column \"\(column.name)\" is ON \(event) \(actual.rawValue), not \(declared)")
        }
    }

    private func difference(_ kind: ModelDifference.Kind, _ column: String?, _ message: String) -> ModelDifference {
        ModelDifference(kind: kind, model: model, table: sender, column: column, message: message)
    }

    private static func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }

    /// The rules that no constraint of the table enforces.
    package func bypassableRules(_ live: LiveTable?) -> [BypassableRule] {
        columns.flatMap { column in
            column.rules.compactMap { rule in
                let isKept =
                    if rule.isUniqueness {
                        live?.uniqueIndexes.contains { $0.isOfColumns && $0.columns == [column.name] } == true
                    } else {
                        live?.checks.contains { $0.name == rule.constraint && $0.isValidated } == true
                            // NOT NULL says the same as a check of presence.
                            || rule.isPresence
                                && live?.columns.contains { $0.name == column.name && $0.isNotNull } == true
                    }
                guard !isKept else { return nil }
                return BypassableRule(
                    model: model, table: sender, column: column.name, code: rule.code,
                    isInstallable: rule.constraint != nil)
            }
        }
    }
}

extension ModelDescription.Column {
    /// Whether all values of a column can be read.
    fileprivate func accepts(_ column: LiveTable.Column) -> Bool {
        if accepts.contains(column.type.rawValue) { return true }
        if let element = column.element {
            return element.isUserDefined ? acceptsOwnArrays : false
        }
        return column.type.isUserDefined && acceptsOwnTypes
    }
}
