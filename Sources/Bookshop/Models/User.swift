public import Foundation
public import Heliograph

/// Somebody who has an account.
public struct User: Model {
    /// Drawn by the database.
    public var id: Int64?
    public var username: String
    /// Normalised before it is saved: trimmed, in lower case. No two users have the same, whatever its case.
    public var email: String
    public var isActive: Bool
    /// Set by the database.
    public var createdAt: Date?

    public init(id: Int64? = nil, username: String, email: String, isActive: Bool = true, createdAt: Date? = nil) {
        self.id = id
        self.username = username
        self.email = email
        self.isActive = isActive
        self.createdAt = createdAt
    }

    public static let mapping = Mapping("users", User.init) {
        Key("id", \.id)
        Column("username", \.username).validated(.required)
        Column("email", \.email).unique().validated(.required, .email)
        Column("is_active", \.isActive).default(true)
        Column("created_at", \.createdAt).generated().default(sql: "now()")
    }
}
