public import Foundation
public import Heliograph

/// A book of the shop.
public struct Book: Model {
    /// Drawn by the database.
    public var id: Int64?
    public var title: String
    public var author: String
    /// Set by the database.
    public var createdAt: Date?

    public init(id: Int64? = nil, title: String, author: String = "", createdAt: Date? = nil) {
        self.id = id
        self.title = title
        self.author = author
        self.createdAt = createdAt
    }

    public static let mapping = Mapping("books", Book.init) {
        Key("id", \.id)
        Column("title", \.title).validated(.required)
        Column("author", \.author).default("")
        Column("created_at", \.createdAt).generated().default(sql: "now()")
    }
}
