import Bookshop
import Heliograph

extension Book: Resource {
    static let path = "books"
    static let noun = "book"
    static let readOnlyFields: Set = ["id", "created_at"]

    var json: JSONValue {
        .object([
            .init(name: "id", value: .id(id)), .init(name: "title", value: .string(title)),
            .init(name: "author", value: .string(author)), .init(name: "created_at", value: .time(createdAt)),
        ])
    }

    init(reading fields: inout FieldReader) {
        self.init(title: "")
        apply(&fields)
    }

    mutating func apply(_ fields: inout FieldReader) {
        title = fields.text("title") ?? title
        author = fields.text("author") ?? author
    }
}
