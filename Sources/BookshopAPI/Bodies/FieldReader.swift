import Heliograph

/// Takes values out of a request's JSON object and notes what is wrong with each, so that the client hears all at once.
struct FieldReader {
    private var rest: [JSONValue.Member]
    private(set) var errors: [FieldError] = []

    init(_ members: [JSONValue.Member]) { rest = members }

    /// A text; `nil` if the field is not there, or is wrong.
    mutating func text(_ name: String) -> String? {
        take(name, expecting: "a string") { value in
            // PostgreSQL's text has no NUL.
            value.string.flatMap { $0.unicodeScalars.contains("\0") ? nil : $0 }
        }
    }

    /// A truth value; `nil` if the field is not there, or is wrong.
    mutating func bool(_ name: String) -> Bool? {
        take(name, expecting: "true or false") { if case .bool(let value) = $0 { value } else { nil } }
    }

    /// What is left is not for the client to say, or a mistake in writing.
    /// - Parameter readOnly: fields that the instance has and the database fills in.
    mutating func refuseRest(readOnly: Set<String>) {
        for member in rest {
            errors.append(
                readOnly.contains(member.name)
                    ? FieldError(field: member.name, code: "read_only", message: "the database sets this field")
                    : FieldError(field: member.name, code: "unknown", message: "there is no such field")
            )
        }
        rest = []
    }

    private mutating func take<Value>(
        _ name: String, expecting what: String, _ read: (JSONValue) -> Value?
    ) -> Value? {
        // Of a name that stands twice the last counts, as for most readers of JSON.
        guard let value = rest.last(where: { $0.name == name })?.value else { return nil }
        rest.removeAll { $0.name == name }
        if let value = read(value) { return value }
        errors.append(FieldError(field: name, code: "type", message: "this must be \(what)"))
        return nil
    }

    /// Saves, and throws what the reader and the save found wrong together.
    ///
    /// Receivers look at the instance even if some field could not be read: one answer then names all that is to be mended. What
    /// they say of a field that could not be read is left out.
    func save<M: Model>(_ instance: inout M, in transaction: Transaction) async throws {
        var failure = ValidationFailure(errors)
        do {
            try await transaction.save(&instance)
        } catch let refusal as ValidationFailure {
            let unread = Set(errors.map(\.field))
            failure.merge(ValidationFailure(refusal.fields.filter { !unread.contains($0.field) }))
            throw failure
        }
        if !errors.isEmpty { throw failure }
    }
}
