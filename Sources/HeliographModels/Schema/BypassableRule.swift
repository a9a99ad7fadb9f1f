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
