public import HeliographPostgres

/// An instance was refused, with all the fields at fault.
///
/// `preSave` and `preDelete` receivers throw it, and a violated constraint of the database becomes the same failure on
/// the same field: the receiver's check is friendly and can be overtaken by another transaction, the constraint cannot.
///
/// > Important: A failure that comes from the database (``cause`` is set) has aborted the transaction. Unless the save
/// > ran in a ``Transaction/savepoint(_:)``, the transaction can only be rolled back.
public struct ValidationFailure: Error, Sendable {
    /// Every refusal, in the order in which they were found.
    public private(set) var fields: [FieldError]
    /// The server's error, if the database refused; `nil` if a receiver did.
    public let cause: PostgresError?

    /// Creates a failure of several fields.
    ///
    /// - Parameters:
    ///   - fields: Every refusal.
    ///   - cause: The server's error, if the database refused.
    public init(_ fields: [FieldError], cause: PostgresError? = nil) {
        self.fields = fields
        self.cause = cause
    }

    /// Creates a failure of one field.
    ///
    /// - Parameters:
    ///   - field: The column's name; empty for the instance as a whole.
    ///   - code: A stable word for programs.
    ///   - message: A sentence for people.
    public init(field: String, code: String, message: String) {
        self.init([FieldError(field: field, code: code, message: message)])
    }

    /// Adds another failure's fields behind these; a refusal that is there already is not added again.
    ///
    /// - Parameter other: The failure to take the fields from.
    public mutating func merge(_ other: ValidationFailure) {
        for refusal in other.fields where !fields.contains(refusal) { fields.append(refusal) }
    }

    /// The same of one of several instances.
    func prefixed(_ prefix: String) -> ValidationFailure {
        ValidationFailure(
            fields.map { refusal in
                FieldError(
                    field: refusal.field.isEmpty ? prefix : "\(prefix).\(refusal.field)", code: refusal.code,
                    message: refusal.message)
            }, cause: cause)
    }
}

extension ValidationFailure: CustomStringConvertible {
    /// All refusals in one line.
    public var description: String {
        fields.isEmpty ? "the instance was refused" : fields.map(\.description).joined(separator: "; ")
    }
}
