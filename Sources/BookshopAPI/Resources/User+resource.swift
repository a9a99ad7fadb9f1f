import Bookshop
import Heliograph

extension User: Resource {
    static let path = "users"
    static let noun = "user"
    static let readOnlyFields: Set = ["id", "created_at"]

    var json: JSONValue {
        .object([
            .init(name: "id", value: .id(id)), .init(name: "username", value: .string(username)),
            .init(name: "email", value: .string(email)), .init(name: "is_active", value: .bool(isActive)),
            .init(name: "created_at", value: .time(createdAt)),
        ])
    }

    init(reading fields: inout FieldReader) {
        self.init(username: "", email: "")
        apply(&fields)
    }

    mutating func apply(_ fields: inout FieldReader) {
        username = fields.text("username") ?? username
        email = fields.text("email") ?? email
        isActive = fields.bool("is_active") ?? isActive
    }
}
