import Heliograph

/// A model that the API serves as a collection.
protocol Resource: Model {
    /// The collection's path: `users`.
    static var path: String { get }
    /// One of them, for people: `user`.
    static var noun: String { get }
    /// Fields that only the database sets.
    static var readOnlyFields: Set<String> { get }

    var id: Int64? { get }
    /// The instance with its columns' names.
    var json: JSONValue { get }

    /// A new instance. A required field that is not there is left empty, and the receivers of its save refuse it.
    init(reading fields: inout FieldReader)
    /// Takes over the fields that are there.
    mutating func apply(_ fields: inout FieldReader)
}

extension JSONValue {
    /// A number, or null.
    static func id(_ id: Int64?) -> JSONValue { id.map { .number("\($0)") } ?? .null }
}
