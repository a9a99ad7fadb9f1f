import Foundation
import Heliograph
import HeliographTesting
import Testing

@Suite("Writing models")
struct WritingTests {
    /// Everything that receivers of works hear.
    private func hearing(_ heard: Locked<[String]>) -> (ModelSignals) -> Void {
        { signals in
            signals.preSave(Work.self).connect("heard") { save in
                let words =
                    "pre \(save.instance.title) \(save.created) \(save.changedFields.map { $0.joined(separator: ",") } ?? "all") \(save.origin)"
                heard.change { $0.append(words) }
            }
            signals.postSave(Work.self).connect("heard") { save in
                let words =
                    "post \(save.instance.title) \(save.created) \(save.changedFields.map { $0.joined(separator: ",") } ?? "all") \(save.origin)"
                heard.change { $0.append(words) }
            }
            signals.afterCommit(Work.self).connect("heard") { committed in
                let words = "commit \(committed.instance.title) \(committed.change)"
                heard.change { $0.append(words) }
            }
        }
    }

    private func take(_ heard: Locked<[String]>) -> [String] {
        let words = heard.value
        heard.change { $0 = [] }
        return words
    }

    @Test("A loaded instance writes only what has changed, and receivers are told what")
    func loaded() async throws {
        let heard = Locked<[String]>([])
        try await Library.with(hearing(heard)) { fixture, database in
            let shelf = try await Shelf(in: database)
            _ = take(heard)
            var work = Loaded(try #require(try await database.find(Work.self, shelf.works[0].id)))
            work.price = 11
            #expect(work.changedFields == ["price"])
            // Somebody else changes another column meanwhile.
            try await fixture.psql("UPDATE works SET copies = 99 WHERE title = 'Frankenstein'")
            #expect(try await database.save(&work))
            #expect(work.copies == 99)
            #expect(work.changedFields == [])
            #expect(
                take(heard) == [
                    "pre Frankenstein false price instance", "post Frankenstein false price instance",
                    "commit Frankenstein updated",
                ])
            // Nothing has changed: nothing is written, and nobody is told that it was.
            let version = try await fixture.psql("SELECT xmin FROM works WHERE title = 'Frankenstein'")
            #expect(try await database.save(&work) == false)
            #expect(try await fixture.psql("SELECT xmin FROM works WHERE title = 'Frankenstein'") == version)
            #expect(take(heard) == ["pre Frankenstein false  instance"])
        }
    }

    @Test("What a preSave receiver changes is written with what has changed")
    func receiverChanges() async throws {
        try await Library.with { signals in
            signals.preSave(Work.self).connect("discount") { save in
                if save.original?.price != save.instance.price { save.instance.copies = 50 }
            }
        } _: { _, database in
            let shelf = try await Shelf(in: database)
            var work = Loaded(try #require(try await database.find(Work.self, shelf.works[1].id)))
            work.price = 1
            try await database.save(&work)
            #expect(try await database.find(Work.self, shelf.works[1].id)?.copies == 50)
        }
    }

    @Test("Only the columns that are named are written")
    func only() async throws {
        let heard = Locked<[String]>([])
        try await Library.with(hearing(heard)) { _, database in
            let shelf = try await Shelf(in: database)
            _ = take(heard)
            try await database.transaction { tx in
                var work = shelf.works[0]
                work.title = "not written"
                work.price = 8
                try await tx.update(&work, only: \.price)
                #expect(work.title == "Frankenstein")
                #expect(work.price == 8)
            }
            #expect(take(heard).first == "pre not written false price instance")
        }
    }

    @Test("An upsert inserts or updates, by the key or by what is unique, and says which")
    func upsert() async throws {
        let heard = Locked<[String]>([])
        try await Library.with(hearing(heard)) { _, database in
            let shelf = try await Shelf(in: database)
            _ = take(heard)
            var country = Country(code: "FR", name: "République française")
            #expect(try await database.upsert(&country) == false)
            var spain = Country(code: "ES", name: "España")
            #expect(try await database.upsert(&spain))
            #expect(try await database.count(Country.query) == 3)
            #expect(try await database.find(Country.self, "FR")?.name == "République française")
            try await database.transaction { tx in
                var work = Work(title: "Mathilda", writerID: shelf.mary.id ?? 0, price: 77)
                let isNew = try await tx.upsert(&work, on: \.writerID, \.title)
                #expect(!isNew)
                #expect(work.id == shelf.works[1].id)
                var new = Work(title: "Valperga", writerID: shelf.mary.id ?? 0, price: 5)
                let isNewNow = try await tx.upsert(&new, on: \.writerID, \.title)
                #expect(isNewNow)
            }
            #expect(
                take(heard) == [
                    "pre Mathilda false all instance", "post Mathilda false all instance",
                    "pre Valperga true all instance",
                    "post Valperga true all instance", "commit Mathilda updated", "commit Valperga created",
                ])
            let unkeyed = await #expect(throws: ModelError.self) {
                try await database.transaction { tx in
                    var work = Work(title: "Lodore", writerID: shelf.mary.id ?? 0, price: 5)
                    try await tx.upsert(&work, on: \.title)
                }
            }
            #expect(unkeyed?.code == .wrongKey)
            #expect(unkeyed?.message == "public.works has no unique constraint on \"title\"")
        }
    }

    @Test("Upserts of the same new row at the same time: one inserts, the others update")
    func racingUpserts() async throws {
        let created = Locked<Int>(0)
        try await Library.with { signals in
            signals.postSave(Country.self).connect("count") { save in if save.created { created.change { $0 += 1 } } }
        } _: { _, database in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<24 {
                    group.addTask {
                        var country = Country(code: "X\(number % 3)", name: "name \(number % 3)")
                        return try await database.upsert(&country)
                    }
                }
                var inserted = 0
                for try await isNew in group where isNew { inserted += 1 }
                #expect(inserted == 3)
            }
            #expect(created.value == 3)
            let rows = try await database.count(Country.query)
            #expect(rows == 3)
        }
    }

    @Test("Refreshed, an instance is what its row is; one that is gone says so")
    func refresh() async throws {
        try await Library.with { fixture, database in
            var label = Label(name: "a")
            try await database.save(&label)
            try await fixture.psql("UPDATE labels SET name = 'b'")
            try await database.refresh(&label)
            #expect(label.name == "b")
            try await fixture.psql("DELETE FROM labels")
            let gone = await #expect(throws: ModelError.self) { try await database.refresh(&label) }
            #expect(gone?.code == .notFound)
        }
    }

    @Test("Many instances are written by one statement, with the signals of each, and come back in their order")
    func bulk() async throws {
        let heard = Locked<[String]>([])
        try await Library.with(hearing(heard)) { fixture, database in
            let shelf = try await Shelf(in: database)
            _ = take(heard)
            let id = try #require(shelf.mary.id)
            // Some bring their key along.
            var works = (0..<4).map { Work(id: $0 == 2 ? 1_000 : nil, title: "W\($0)", writerID: id, price: 1) }
            try await database.insert(&works)
            #expect(works.map(\.title) == ["W0", "W1", "W2", "W3"])
            #expect(works[2].id == 1_000)
            #expect(works.allSatisfy { $0.id != nil })
            let words = take(heard)
            #expect(
                words == (0..<4).map { "pre W\($0) true all bulk" } + (0..<4).map { "post W\($0) true all bulk" }
                    + (0..<4).map { "commit W\($0) created" })
            // One at fault: nothing is written, and all that are at fault are named.
            var faulty = [
                Work(title: "", writerID: id, price: 1), Work(title: "ok", writerID: id, price: 1),
                Work(title: " ", writerID: id, price: 1),
            ]
            let failure = await #expect(throws: ValidationFailure.self) { try await database.insert(&faulty) }
            #expect(failure?.fields.map(\.field) == ["[0].title", "[2].title"])
            #expect(try await database.exists(Work.where { $0.title == "ok" }) == false)
            var none: [Work] = []
            try await database.insert(&none)
        }
    }

    @Test("More instances than one statement has parameters for")
    func bulkOfMany() async throws {
        try await Library.with { _, database in
            var labels = (0..<70_000).map { Label(name: "label \($0)") }
            try await database.insert(&labels)
            #expect(try await database.count(Label.query) == 70_000)
            let last = try #require(labels.last)
            #expect(try await database.find(Label.self, last.id)?.name == "label 69999")
        }
    }

    @Test("A query is updated: one statement without validating receivers, else each row is asked about; all are told")
    func queryUpdate() async throws {
        let heard = Locked<[String]>([])
        try await Library.with(hearing(heard)) { fixture, database in
            _ = try await Shelf(in: database)
            _ = take(heard)
            let count = try await database.update(
                Work.where { $0.related(Writer.self, by: \.writerID).name == "Mary" }.set(\.copies) { $0.copies + 10 }
                    .set(\.price, to: 1))
            #expect(count == 2)
            #expect(try await database.all(Work.query.order { $0.title }).map(\.copies) == [13, 11, 7])
            let words = Set(take(heard))
            let isTold = words.isSuperset(of: [
                "pre Frankenstein false price,copies query", "post Mathilda false price,copies query",
                "commit Frankenstein updated",
            ])
            #expect(isTold, "heard \(words)")
            // The rule is asked about: an empty title is refused, and nothing is written.
            let refused = await #expect(throws: ValidationFailure.self) {
                try await database.update(Work.query.set(\.title, to: " "))
            }
            #expect(refused?.fields.map(\.code) == ["required"])
            #expect(try await database.update(Label.query.set(\.name, to: "x")) == 0)
        }
    }

    @Test("A query without receivers is updated and deleted by one statement")
    func plainQueries() async throws {
        try await Library.with { _, database in
            _ = try await Shelf(in: database)
            #expect(try await database.update(Country.where { $0.code == "FR" }.set(\.name, to: "Frankreich")) == 1)
            #expect(try await database.find(Country.self, "FR")?.name == "Frankreich")
            #expect(try await database.delete(Country.where { $0.code == "FR" }) == 1)
            #expect(try await database.delete(Work.query.order { $0.price }.limit(1)) == 1)
            #expect(try await database.all(Work.query.order { $0.title }).map(\.title) == ["Frankenstein", "Mathilda"])
        }
    }
}
