import HeliographSignals

/// A rule of a model that no constraint of the table enforces.
public struct BypassableRule: Sendable, Hashable, CustomStringConvertible {
    /// The model's name in Swift.
    public let model: String
    /// The table, as the signal log names it.
    public let table: String
    /// The column's name.
    public let column: String
    /// The rule's word for programs.
    public let code: String
    /// Whether SQL can say it, so that ``Database/install(rulesOf:)`` would make it a constraint.
    public let isInstallable: Bool

    /// One line, with what to do.
    public var description: String {
        let way = isInstallable ? "install it as a constraint" : "only the models look at it"
        return "\(model): SQL can bypass the rule \"\(code)\" of column \"\(column)\" of \(table): \(way)"
    }
}

extension TableDescription {
    func bypassableRules(_ live: LiveTable?) -> [BypassableRule] {
        columns.flatMap { column in
            column.rules.compactMap { rule in
                if rule.isUniqueness {
                    let isKept =
                        live?.uniqueIndexes.contains { !$0.hasExpression && $0.columns == [column.name] } == true
                    return isKept ? nil : bypassable(rule, column, isInstallable: false)
                }
                let isSayable = rule.condition(column: column.name) != nil
                let name = constraintName(of: rule, on: column)
                let isKept = live?.checks.contains { $0.name == name && $0.isValidated } == true
                // NOT NULL says the same as a check of presence.
                let isNotNull = live?.columns.contains { $0.name == column.name && $0.isNotNull } == true
                if isSayable && isKept || rule.isPresence && isNotNull { return nil }
                return bypassable(rule, column, isInstallable: isSayable)
            }
        }
    }

    private func bypassable(_ rule: RuleDeclaration, _ column: ColumnDescription, isInstallable: Bool) -> BypassableRule
    {
        BypassableRule(
            model: model, table: sender.name, column: column.name, code: rule.code, isInstallable: isInstallable)
    }
}
