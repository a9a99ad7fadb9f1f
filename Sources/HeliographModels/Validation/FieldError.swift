/// Why one field of an instance was refused.
public struct FieldError: Hashable, Sendable {
    /// The column's name; empty if the fault is not that of a single field.
    public let field: String
    /// A stable word for programs: `unique`, `required`, `check`, `reference`, `length`, `range`, or a receiver's own.
    public let code: String
    /// A sentence for people.
    public let message: String

    /// Creates the refusal of one field.
    ///
    /// - Parameters:
    ///   - field: The column's name; empty for the instance as a whole.
    ///   - code: A stable word for programs.
    ///   - message: A sentence for people.
    public init(field: String, code: String, message: String) {
        self.field = field
        self.code = code
        self.message = message
    }
}

extension FieldError: CustomStringConvertible {
    /// Field and message, for example `email: a row with this email already exists`.
    public var description: String { field.isEmpty ? message : "\(field): \(message)" }
}

extension FieldError {
    /// The value of a field is that of another row.
    static func duplicate(_ field: String) -> FieldError {
        FieldError(field: field, code: "unique", message: "a row with this \(field) already exists")
    }
}
