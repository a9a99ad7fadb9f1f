import Foundation
import Heliograph
import HeliographTesting
import Testing

/// Relations of many to many, by the cases of Django's `tests/m2m_signals`.
@Suite("Relations of many to many")
struct ManyToManyTests {
    private func with(
        _ body: (Database, Work, Work, [Int64], Locked<[String]>) async throws -> Void
    ) async throws {
        let heard = Locked<[String]>([])
        try await Library.with { signals in
            signals.relation(Work.labels).connect("heard") { change in
                let words =
                    "\(change.moment) \(change.action) from \(change.side): \(change.left) \(change.right.sorted())"
                heard.change { $0.append(words) }
            }
        } _: { _, database in
            let shelf = try await Shelf(in: database)
            var labels = ["a", "b", "c"].map { Label(name: $0) }
            try await database.insert(&labels)
            try await body(database, shelf.works[0], shelf.works[1], labels.compactMap(\.id), heard)
        }
    }

    private func take(_ heard: Locked<[String]>) -> [String] {
        let words = heard.value
        heard.change { $0 = [] }
        return words
    }

    @Test("Adding tells of those that are new, before and after, and of nothing if none is")
    func add() async throws {
        try await with { database, work, _, labels, heard in
            let id = try #require(work.id)
            try await database.transaction { tx in
                let links = try tx.links(Work.labels, of: work)
                #expect(try await links.add(labels[0], labels[1]) == [labels[0], labels[1]])
                #expect(
                    take(heard)
                        == ["before", "after"].map { "\($0) add from left: [\(id)] [\(labels[0]), \(labels[1])]" })
                #expect(try await links.add([labels[1], labels[2], labels[2]]) == [labels[2]])
                #expect(take(heard) == ["before", "after"].map { "\($0) add from left: [\(id)] [\(labels[2])]" })
                #expect(try await links.add(labels) == [])
                #expect(take(heard) == [])
                #expect(try await links.keys() == labels)
            }
        }
    }

    @Test("Removing tells of those that were there; clearing of all of them")
    func remove() async throws {
        try await with { database, work, _, labels, heard in
            let id = try #require(work.id)
            try await database.transaction { tx in
                let links = try tx.links(Work.labels, of: work)
                try await links.add(labels[0], labels[1])
                _ = take(heard)
                #expect(try await links.remove(labels[1], labels[2]) == [labels[1]])
                #expect(take(heard) == ["before", "after"].map { "\($0) remove from left: [\(id)] [\(labels[1])]" })
                #expect(try await links.remove(labels[2]) == [])
                #expect(take(heard) == [])
                #expect(try await links.clear() == [labels[0]])
                #expect(take(heard) == ["before", "after"].map { "\($0) clear from left: [\(id)] [\(labels[0])]" })
                #expect(try await links.clear() == [])
                #expect(take(heard) == [])
            }
        }
    }

    @Test("What others relate between the telling and the removal is not removed, nor is what they part related again")
    func meanwhile() async throws {
        try await with { database, work, _, labels, heard in
            try await database.transaction { _ = try await $0.links(Work.labels, of: work).add(labels[0]) }
            let id = try #require(work.id)
            database.signals.relation(Work.labels).connect("others") { change in
                guard change.moment == .before, change.action != .add else { return }
                try await database.pool.query("INSERT INTO work_labels VALUES (\(id), \(labels[1]))")
            }
            _ = take(heard)
            try await database.transaction { tx in
                let gone = try await tx.links(Work.labels, of: work).clear()
                #expect(gone == [labels[0]])
            }
            let left = try await database.all(WorkLabel.query).map(\.labelID)
            #expect(left == [labels[1]])
            database.signals.relation(Work.labels).connect("parting") { change in
                guard change.moment == .before, change.action == .add else { return }
                try await database.pool.query("DELETE FROM work_labels")
            }
            try await database.transaction { tx in
                let added = try await tx.links(Work.labels, of: work).add(labels[1], labels[2])
                #expect(added == [labels[2]])
            }
        }
    }

    @Test("Setting removes and adds what differs")
    func set() async throws {
        try await with { database, work, _, labels, heard in
            let id = try #require(work.id)
            try await database.transaction { tx in
                let links = try tx.links(Work.labels, of: work)
                try await links.set([labels[0], labels[1]])
                _ = take(heard)
                try await links.set([labels[1], labels[2]])
                #expect(
                    take(heard) == [
                        "before remove from left: [\(id)] [\(labels[0])]",
                        "after remove from left: [\(id)] [\(labels[0])]",
                        "before add from left: [\(id)] [\(labels[2])]", "after add from left: [\(id)] [\(labels[2])]",
                    ])
                try await links.set([labels[1], labels[2]])
                #expect(take(heard) == [])
            }
        }
    }

    @Test("From the other side the same signal comes, and says which side it is")
    func reverse() async throws {
        try await with { database, work, other, labels, heard in
            let (id, otherID) = (try #require(work.id), try #require(other.id))
            try await database.transaction { tx in
                let label = try #require(try await tx.find(Label.self, labels[0]))
                let links = try tx.links(Work.labels, reversedOf: label)
                try await links.add(id, otherID)
                #expect(
                    take(heard)
                        == ["before", "after"].map { "\($0) add from right: [\(id), \(otherID)] [\(labels[0])]" })
                try await links.clear()
                #expect(
                    take(heard)
                        == ["before", "after"].map { "\($0) clear from right: [\(id), \(otherID)] [\(labels[0])]" })
            }
        }
    }

    @Test("A model is related to itself: idols from one side, fans from the other")
    func itself() async throws {
        let heard = Locked<[String]>([])
        try await Library.with { signals in
            signals.relation(Writer.idols).connect("heard") { change in
                let words =
                    "\(change.moment) \(change.action) from \(change.side): \(change.left.sorted()) \(change.right.sorted())"
                heard.change { $0.append(words) }
            }
        } _: { _, database in
            let shelf = try await Shelf(in: database)
            let (mary, percy, mute) = (shelf.mary.id ?? 0, shelf.percy.id ?? 0, shelf.mute.id ?? 0)
            try await database.transaction { tx in
                try await tx.links(Writer.idols, of: shelf.mary).add(percy, mute)
                #expect(
                    take(heard) == ["before", "after"].map { "\($0) add from left: [\(mary)] [\(percy), \(mute)]" })
                let fans = try tx.links(Writer.idols, reversedOf: shelf.percy)
                #expect(try await fans.keys() == [mary])
                try await fans.add(mute)
                #expect(take(heard) == ["before", "after"].map { "\($0) add from right: [\(mute)] [\(percy)]" })
                try await fans.clear()
                #expect(
                    take(heard) == ["before", "after"].map { "\($0) clear from right: [\(mary), \(mute)] [\(percy)]" })
                let idols = try await tx.related(to: [shelf.percy, shelf.mary], through: Writer.idols)
                #expect(idols.map { $0.map(\.name) } == [[], ["Mute 100%"]])
            }
        }
    }

    @Test("A receiver that throws before stops it; a key that is none is refused on its field")
    func refused() async throws {
        struct Refusal: Error {}
        try await with { database, work, _, labels, _ in
            database.signals.relation(Work.labels).connect("refuse") { change in
                if change.moment == .before, change.right.contains(labels[2]) { throw Refusal() }
            }
            await #expect(throws: Refusal.self) {
                try await database.transaction { tx in
                    try await tx.links(Work.labels, of: work).add(labels[0], labels[2])
                }
            }
            let links = try await database.count(WorkLabel.query)
            #expect(links == 0)
            let failure = await #expect(throws: ValidationFailure.self) {
                try await database.transaction { try await $0.links(Work.labels, of: work).add(999) }
            }
            #expect(failure?.fields.map(\.field) == ["label_id"])
            let keyless = await #expect(throws: ModelError.self) {
                try await database.transaction { tx in
                    _ = try tx.links(Work.labels, of: Work(title: "x", writerID: 1, price: 1))
                }
            }
            #expect(keyless?.code == .wrongKey)
        }
    }

    @Test("What many are related to comes by one statement")
    func prefetched() async throws {
        try await with { database, work, other, labels, _ in
            try await database.transaction { tx in
                try await tx.links(Work.labels, of: work).add(labels[1], labels[0])
                try await tx.links(Work.labels, of: other).add(labels[2])
                let found = try await tx.related(to: [other, work], through: Work.labels)
                #expect(found.map { $0.map(\.name) } == [["c"], ["a", "b"]])
            }
        }
    }
}
