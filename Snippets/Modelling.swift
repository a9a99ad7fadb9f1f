import Foundation
import Heliograph

struct Author: Model {
    var id: Int64?
    var name: String
    var email: String
    var address = Address(street: "", city: "")
    var settings = Settings(theme: "dark")
    var createdAt: Date?

    /// Two columns.
    struct Address: Sendable {
        var street: String
        var city: String
    }

    /// One column, of type jsonb.
    struct Settings: Codable, Sendable {
        var theme: String
    }

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("name", \.name).validated(.required, .length(...80))
        Column("email", \.email).validated(.email, .unique)
        Nested(\.address, Address.init) {
            Column("street", \.street)
            Column("city", \.city)
        }
        Column("settings", json: \.settings)
        Column("created_at", \.createdAt).generated().default(sql: "now()")
    }
}

enum Genre: String, CaseIterable, PostgresCodable { case novel, poetry }

struct Work: Model {
    var id: UUID?
    var title: String
    var authorID: Int64
    var genre = Genre.novel
    var tags: [String] = []
    var copies = 0

    static let mapping = Mapping("works", Work.init) {
        Key("id", \.id)
        Column("title", \.title).validated(.required)
        Column("author_id", \.authorID).references(\Author.id, onDelete: .cascade)
        Column("genre", \.genre).enumeration("genre").default(.novel)
        Column("tags", \.tags).default([])
        Column("copies", \.copies).default(0).check("copies >= 0")
    }
    .unique(\.authorID, \.title)
}

/// What a program does with them when it starts.
func start(_ database: Database) async throws {
    let schema = ModelSchema(Author.self, Work.self)
    // For tests, and for a migration: print(try schema.statements.joined(separator: ";\n"))
    try await database.create(schema)
    // Refuses to start if a mapping and its table are not the same, naming model, column and both types.
    try await database.verify(schema)
    // Rules that SQL can say, for everybody who writes.
    try await database.install(rulesOf: schema)
    // For `heliograph doctor`.
    try await database.declare(schema, as: "library")
}
