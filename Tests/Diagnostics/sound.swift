// compiles
import Foundation
import Heliograph

struct Author: Model {
    var id: Int64?
    var name: String

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("name", \.name).unique().validated(.required, .length(...40))
    }
}

struct Place: Sendable {
    var city: String
    var zip: String?
}

enum Mood: String, CaseIterable, PostgresCodable { case calm, stormy }

struct Book: Model {
    var id: Int64?
    var title: String
    var authorID: Int64
    var place: Place
    var tags: [String]
    var mood: Mood

    static let mapping = Mapping("books", Book.init) {
        Key("id", \.id)
        Column("title", \.title)
        Column("author_id", \.authorID).references(\Author.id, onDelete: .cascade)
        Nested(\.place, Place.init) {
            Column("city", \.city)
            Column("zip", \.zip)
        }
        Column("tags", \.tags).default([])
        Column("mood", \.mood).enumeration("mood")
    }
}

let query = Book.where { $0.title.hasPrefix("S") && $0.related(Author.self, by: \.authorID).name == "Ada" }
