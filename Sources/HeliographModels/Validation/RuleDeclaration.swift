import HeliographPostgres

/// A ``Rule`` of a column, whatever its type.
public struct RuleDeclaration: Sendable {
    /// The stable word for programs with which a refusal comes.
    public let code: String
    /// The sentence for people with which a refusal comes.
    public let message: String
    /// Whether it is ``Rule/unique``, of which a unique index is the counterpart.
    public let isUniqueness: Bool
    /// Whether it is ``Rule/present()``, of which NOT NULL is the counterpart.
    let isPresence: Bool
    /// Why it cannot be what it is meant to be; `nil` if it can.
    let fault: String?
    private let write: (@Sendable (_ quoted: String) -> String)?

    init(
        code: String, message: String, isUniqueness: Bool = false, isPresence: Bool = false,
        fault: String? = nil,
        isSayable: Bool = true, condition write: (@Sendable (_ quoted: String) -> String)?
    ) {
        self.code = code
        self.message = message
        self.isUniqueness = isUniqueness
        self.isPresence = isPresence
        self.fault = fault
        self.write = isSayable ? write : nil
    }

    /// The condition that says the same in SQL, of which NULL is no violation.
    ///
    /// - Parameter column: The column's name, unquoted.
    /// - Returns: `nil` if SQL cannot say it.
    public func condition(column: String) -> String? { write?(SQL.quoted(identifier: column)) }
}
