import Bookshop
import Heliograph

/// A model that another one has exactly one of: `/users/7/profile`.
protocol Part: Model {
    associatedtype Whole: Resource

    /// The last part of the path, and the word for people: `profile`.
    static var noun: String { get }
    /// The column that holds the whole's key.
    static var wholeColumn: String { get }
    static var readOnlyFields: Set<String> { get }
    var json: JSONValue { get }

    init(of whole: Int64)
    /// Takes over the fields that are there.
    mutating func apply(_ fields: inout FieldReader)
}

extension Profile: Part {
    typealias Whole = User
    static let noun = "profile"
    static let wholeColumn = "user_id"
    static let readOnlyFields: Set = ["id", "user_id"]

    var json: JSONValue {
        .object([
            .init(name: "id", value: .id(id)), .init(name: "user_id", value: .id(userID)),
            .init(name: "bio", value: .string(bio)),
        ])
    }

    init(of whole: Int64) { self.init(userID: whole) }

    mutating func apply(_ fields: inout FieldReader) { bio = fields.text("bio") ?? bio }
}

extension Summary: Part {
    typealias Whole = Book
    static let noun = "summary"
    static let wholeColumn = "book_id"
    static let readOnlyFields: Set = ["id", "book_id"]

    var json: JSONValue {
        .object([
            .init(name: "id", value: .id(id)), .init(name: "book_id", value: .id(bookID)),
            .init(name: "content", value: .string(content)),
        ])
    }

    init(of whole: Int64) { self.init(bookID: whole) }

    mutating func apply(_ fields: inout FieldReader) { content = fields.text("content") ?? content }
}
