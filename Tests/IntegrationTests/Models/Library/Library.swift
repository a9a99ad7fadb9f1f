import Foundation
import Heliograph
import HeliographTesting

/// Models that have, among them, everything a mapping can say.
enum Library {
    static let schema = ModelSchema(
        Country.self, Writer.self, Work.self, Review.self, Reply.self, Label.self, WorkLabel.self, Follow.self)

    /// A database with their tables.
    static func with<R>(
        _ connect: (ModelSignals) -> Void = { _ in }, _ body: (Fixture, Database) async throws -> R
    ) async throws -> R {
        try await Fixture.with(.library) { fixture in
            try await fixture.withPool { pool in
                let signals = ModelSignals()
                connect(signals)
                return try await body(fixture, Database(pool: pool, signals: signals, logger: fixture.logger))
            }
        }
    }
}

extension TestDatabase.Template {
    /// The library's tables.
    static let library = Self("library") { database in
        let pool = ConnectionPool(
            .init(ConnectionConfiguration(database.connectionString), maximum: 1), logger: CapturedLog().logger)
        try await Database(pool: pool).create(Library.schema)
        await pool.shutDown()
    }
}

/// A key that the world gives.
struct Country: Model, Equatable {
    var code: String
    var name: String

    static let mapping = Mapping("countries", Country.init) {
        Key("code", \.code).type("varchar(2)")
        Column("name", \.name).unique()
    }
}

/// Nested values, JSON, an enum, an array, rules, a reference that may be missing.
struct Writer: Model, Equatable {
    enum Mood: String, CaseIterable, PostgresCodable { case calm, stormy }

    struct Address: Equatable, Sendable {
        struct Place: Equatable, Sendable {
            var city: String
            var zip: String?
        }
        var street: String
        var place: Place
    }

    struct Settings: Codable, Equatable, Sendable {
        var theme: String
        var size = 12
    }

    var id: Int64?
    var name: String
    var email: String
    var mood = Mood.calm
    var address = Address(street: "", place: .init(city: ""))
    var settings = Settings(theme: "dark")
    var notes: Settings?
    var tags: [String] = []
    var country: String?
    var age: Int?
    var createdAt: Date?

    static let mapping = Mapping("writers", Writer.init) {
        Key("id", \.id)
        Column("name", \.name).validated(.required, .length(...40))
        Column("email", \.email).unique().validated(.email, .unique)
        Column("mood", \.mood).enumeration("mood").default(.calm)
        Nested(\.address, Address.init) {
            Column("street", \.street).validated(.length(...80))
            Nested(\.place, Address.Place.init) {
                Column("city", \.city)
                Column("zip", \.zip).validated(.pattern("[0-9]{5}"))
            }
        }
        Column("settings", json: \.settings)
        Column("notes", json: \.notes)
        Column("tags", \.tags).default([])
        Column("country", \.country).references(\Country.code, onDelete: .setNull, onUpdate: .cascade)
        Column("age", \.age).validated(.range(0...150))
        Column("created_at", \.createdAt).generated().default(sql: "now()")
    }
}

/// A reference that must be there, checks, columns that are unique together.
struct Work: Model, Equatable {
    var id: Int64?
    var title: String
    var writerID: Int64
    var price: Decimal
    var copies: Int32 = 0
    var isPrinted = true

    static let mapping = Mapping("works", Work.init) {
        Key("id", \.id)
        Column("title", \.title).validated(.required)
        Column("writer_id", \.writerID).references(\Writer.id, onDelete: .cascade)
        Column("price", \.price).type("numeric(10, 2)").check("price >= 0")
        Column("copies", \.copies).default(0)
        Column("is_printed", \.isPrinted).default(true)
    }
    .unique(\.writerID, \.title)
    .check("is_printed OR copies = 0", constraint: "unprinted_has_no_copies")
}

extension Work {
    static let labels = ManyToMany(Work.self, Label.self, from: \WorkLabel.workID, to: \WorkLabel.labelID)
}

struct Review: Model, Equatable {
    var id: UUID?
    var workID: Int64
    var stars: Int16
    var body: String?

    static let mapping = Mapping("reviews", Review.init) {
        Key("id", \.id)
        Column("work_id", \.workID).references(\Work.id, onDelete: .cascade)
        Column("stars", \.stars).validated(.range(1...5))
        Column("body", \.body)
    }
}

/// Refers to its own kind.
struct Reply: Model, Equatable {
    var id: Int64?
    var reviewID: UUID
    var parentID: Int64?

    static let mapping = Mapping("replies", Reply.init) {
        Key("id", \.id)
        Column("review_id", \.reviewID).references(\Review.id, onDelete: .cascade)
        Column("parent_id", \.parentID).references(\Reply.id, onDelete: .cascade)
    }
}

struct Label: Model, Equatable {
    var id: Int64?
    var name: String

    static let mapping = Mapping("labels", Label.init) {
        Key("id", \.id)
        Column("name", \.name).unique()
    }
}

/// Works have labels, and labels have works.
struct WorkLabel: Model, Equatable {
    var workID: Int64
    var labelID: Int64

    static let mapping = Mapping("work_labels", WorkLabel.init) {
        Key("work_id", \.workID).references(\Work.id, onDelete: .cascade)
        Key("label_id", \.labelID).references(\Label.id, onDelete: .cascade)
    }
}

/// Writers follow writers.
struct Follow: Model, Equatable {
    var fanID: Int64
    var idolID: Int64

    static let mapping = Mapping("follows", Follow.init) {
        Key("fan_id", \.fanID).references(\Writer.id, onDelete: .cascade)
        Key("idol_id", \.idolID).references(\Writer.id, onDelete: .cascade)
    }
}

extension Writer {
    static let idols = ManyToMany(Writer.self, Writer.self, from: \Follow.fanID, to: \Follow.idolID)
}
