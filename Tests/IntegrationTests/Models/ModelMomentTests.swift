import Bookshop
import Heliograph
import HeliographTesting
import Testing

/// What the receivers of a model hear, and when, by the cases of Django's `tests/signals`.
@Suite("The moments of a save and of a deletion")
struct ModelMomentTests {
    private func withHeard(
        _ body: (Fixture, Database, Locked<[String]>) async throws -> Void
    ) async throws {
        let heard = Locked<[String]>([])
        let signals = ModelSignals()
        signals.preSave(Book.self).connect("heard") { save in
            let words = "preSave \(save.instance.title) created \(save.created) with key \(save.instance.id != nil)"
            heard.change { $0.append(words) }
        }
        signals.postSave(Book.self).connect("heard") { save in
            // The row is there, in this transaction.
            let isThere = try await save.transaction.find(Book.self, save.instance.id) != nil
            heard.change { $0.append("postSave \(save.instance.title) created \(save.created) there \(isThere)") }
        }
        signals.preDelete(Book.self).connect("heard") { deletion in
            let isThere = try await deletion.transaction.find(Book.self, deletion.instance.id) != nil
            let title = deletion.instance.title
            heard.change { $0.append("preDelete \(title) there \(isThere)") }
        }
        signals.postDelete(Book.self).connect("heard") { deletion in
            let isThere = try await deletion.transaction.find(Book.self, deletion.instance.id) != nil
            let title = deletion.instance.title
            heard.change { $0.append("postDelete \(title) there \(isThere)") }
        }
        signals.afterCommit(Book.self).connect("heard") { committed in
            let words = "afterCommit \(committed.instance.title) \(committed.change)"
            heard.change { $0.append(words) }
        }
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.withPool { pool in
                try await body(fixture, Database(pool: pool, signals: signals, logger: fixture.logger), heard)
            }
        }
    }

    private func take(_ heard: Locked<[String]>) -> [String] {
        let words = heard.value
        heard.change { $0 = [] }
        return words
    }

    @Test("A save is heard before and after the SQL, with whether the row is new, also where the key is given")
    func saves() async throws {
        try await withHeard { _, database, heard in
            var book = Book(title: "Emma")
            try await database.save(&book)
            #expect(
                take(heard) == [
                    "preSave Emma created true with key false", "postSave Emma created true there true",
                    "afterCommit Emma created",
                ])
            book.title = "Persuasion"
            try await database.save(&book)
            #expect(
                take(heard) == [
                    "preSave Persuasion created false with key true", "postSave Persuasion created false there true",
                    "afterCommit Persuasion updated",
                ])
            let keyed = Book(id: 99_999, title: "Ulysses")
            try await database.transaction { tx in
                var copy = keyed
                try await tx.insert(&copy)
            }
            #expect(
                take(heard) == [
                    "preSave Ulysses created true with key true", "postSave Ulysses created true there true",
                    "afterCommit Ulysses created",
                ])
        }
    }

    @Test("A deletion is heard while the row is there, and when it is gone; the instance keeps its key")
    func deletes() async throws {
        try await withHeard { _, database, heard in
            var book = Book(title: "Emma")
            try await database.save(&book)
            _ = take(heard)
            try await database.delete(book)
            #expect(
                take(heard) == ["preDelete Emma there true", "postDelete Emma there false", "afterCommit Emma deleted"])
            #expect(book.id != nil)
        }
    }

    @Test("Who is disconnected hears nothing, nor does anybody while a model is muted; the log hears all the same")
    func disconnected() async throws {
        try await withHeard { fixture, database, heard in
            let signals = database.signals
            signals.preSave(Book.self).disconnect("heard")
            signals.afterCommit(Book.self).disconnect("heard")
            var book = Book(title: "Emma")
            try await database.save(&book)
            #expect(take(heard) == ["postSave Emma created true there true"])
            try await signals.withMuted(Book.self) {
                book.title = "Persuasion"
                try await database.save(&book)
            }
            #expect(take(heard).isEmpty)
            #expect(try await Captured(fixture: fixture).records.map { $0.prefix(6) } == ["insert", "update"])
        }
    }
}
