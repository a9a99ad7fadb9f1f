import Foundation
import HeliographModels

/// A key that the database draws, a column it fills in, and one that may be NULL.
struct User: Model, Equatable {
    var id: Int64?
    var username: String
    var email: String
    var isActive = true
    var nickname: String?
    var createdAt: Date?

    static let mapping = Mapping("users", User.init) {
        Key("id", \.id)
        Column("username", \.username)
        Column("email", \.email).unique().constrained(by: "email_has_at")
        Column("is_active", \.isActive)
        Column("nickname", \.nickname).unique(constraint: "one_nickname_each")
        Column("created_at", \.createdAt).generated()
    }
}

/// A key that the world gives, and nothing that the database fills in.
struct Profile: Model, Equatable {
    var userID: Int64
    var bio: String

    static let mapping = Mapping("profiles", schema: "shop", Profile.init) {
        Key("user_id", \.userID)
        Column("bio", \.bio)
    }
}

/// A composite key and no other column, in a table whose names need quotes.
struct Membership: Model, Equatable {
    var group: UUID
    var order: Int32

    static let mapping = Mapping("user", schema: "My \"Shop\"", Membership.init) {
        Key("group", \.group)
        Key("Order", \.order)
    }
}

/// A single column.
struct Ticket: Model, Equatable {
    var number: Int?

    static let mapping = Mapping("tickets", Ticket.init) {
        Key("number", \.number)
    }
}
