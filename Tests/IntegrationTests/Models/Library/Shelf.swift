import Foundation
import Heliograph

/// Some rows to ask for.
struct Shelf {
    var mary = Writer(name: "Mary", email: "mary@example.org", country: "GB", age: 18)
    var percy = Writer(name: "Percy", email: "percy@example.com", mood: .stormy, age: 29)
    var mute = Writer(name: "Mute 100%", email: "mute@example.org")
    var works: [Work] = []
    var reviews: [Review] = []

    init(in database: Database) async throws {
        var countries = [Country(code: "GB", name: "United Kingdom"), Country(code: "FR", name: "France")]
        try await database.insert(&countries)
        try await database.save(&mary)
        try await database.save(&percy)
        try await database.save(&mute)
        works = [
            Work(title: "Frankenstein", writerID: mary.id ?? 0, price: 9.5, copies: 3),
            Work(title: "Mathilda", writerID: mary.id ?? 0, price: 4, copies: 1),
            Work(title: "Ozymandias", writerID: percy.id ?? 0, price: 2, copies: 7),
        ]
        try await database.insert(&works)
        reviews = [
            Review(workID: works[0].id ?? 0, stars: 5, body: "a monster"), Review(workID: works[0].id ?? 0, stars: 4),
            Review(workID: works[2].id ?? 0, stars: 1, body: "short"),
        ]
        try await database.insert(&reviews)
    }
}
