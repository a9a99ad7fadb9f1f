import Foundation
import Heliograph
import HeliographTesting
import Testing

/// Deletions that take other rows along, and what they say about where they come from.
@Suite("Deletions and what goes with them")
struct CascadeTests {
    private func name(_ origin: WriteOrigin) -> String {
        if case .cascade(let root) = origin {
            return "with \(type(of: root)) \((root as? Writer)?.name ?? (root as? Reply)?.id.map(String.init) ?? "")"
        }
        return "\(origin)"
    }

    private func hear<M: Model>(_ model: M.Type, _ signals: ModelSignals, _ heard: Locked<[String]>) {
        signals.preDelete(model).connect("heard") { deletion in
            let words = "pre \(M.self) \(name(deletion.origin))"
            heard.change { $0.append(words) }
        }
        signals.postDelete(model).connect("heard") { deletion in
            let words = "post \(M.self) \(name(deletion.origin))"
            heard.change { $0.append(words) }
        }
    }

    @Test("Rows that go with a deleted one are heard of, from the leaves up, with the instance they go with")
    func cascade() async throws {
        let heard = Locked<[String]>([])
        try await Library.with { signals in
            hear(Writer.self, signals, heard)
            hear(Review.self, signals, heard)
            // Without receivers of its own, it leads to those of Review.
            signals.know(Work.self)
        } _: { _, database in
            let shelf = try await Shelf(in: database)
            try await database.delete(shelf.mary)
            #expect(
                heard.value == [
                    "pre Writer instance", "pre Review with Writer Mary", "pre Review with Writer Mary",
                    "post Review with Writer Mary", "post Review with Writer Mary", "post Writer instance",
                ])
            #expect(try await database.count(Review.query) == 1)
            #expect(try await database.count(Work.query) == 1)
            heard.change { $0 = [] }
            #expect(try await database.delete(Writer.query) == 2)
            let words = heard.value
            #expect(words.filter { $0 == "pre Writer query" }.count == 2)
            #expect(words.filter { $0 == "post Review with Writer Percy" }.count == 1)
            #expect(try await database.count(Writer.query) == 0)
        }
    }

    @Test("Rows of a deleted query take along each its own, at any depth")
    func origins() async throws {
        let heard = Locked<[String]>([])
        try await Library.with { signals in
            hear(Review.self, signals, heard)
            signals.know(Work.self)
        } _: { _, database in
            _ = try await Shelf(in: database)
            let count = try await database.delete(Writer.query)
            #expect(count == 3)
            let with = heard.value.filter { $0.hasPrefix("post") }.sorted()
            #expect(
                with == [
                    "post Review with Writer Mary", "post Review with Writer Mary", "post Review with Writer Percy",
                ])
        }
    }

    @Test("A row that a receiver makes anew is told of again when it is deleted again")
    func anew() async throws {
        let heard = Locked<[String]>([])
        try await Library.with { signals in
            signals.preDelete(Label.self).connect("anew") { deletion in
                guard case .query = deletion.origin else { return }
                try await deletion.transaction.delete(deletion.instance)
                var copy = deletion.instance
                try await deletion.transaction.insert(&copy)
            }
            signals.postDelete(Label.self).connect("heard") { deletion in
                let words = "\(deletion.instance.name) \(deletion.origin)"
                heard.change { $0.append(words) }
            }
        } _: { _, database in
            var label = Label(name: "a")
            try await database.save(&label)
            let count = try await database.delete(Label.query)
            #expect(count == 1)
            #expect(heard.value == ["a instance", "a query"])
        }
    }

    @Test("Rows that refer to each other in a circle are each deleted once")
    func circle() async throws {
        let heard = Locked<[String]>([])
        try await Library.with {
            hear(Reply.self, $0, heard)
        } _: { fixture, database in
            let shelf = try await Shelf(in: database)
            let review = try #require(shelf.reviews[0].id)
            var replies = (0..<3).map { _ in Reply(reviewID: review) }
            try await database.insert(&replies)
            for (index, reply) in replies.enumerated() {
                var copy = reply
                copy.parentID = replies[(index + 1) % 3].id
                try await database.save(&copy)
            }
            try await database.delete(replies[0])
            #expect(try await database.count(Reply.query) == 0)
            #expect(heard.value.filter { $0.hasPrefix("post") }.count == 3)
            #expect(heard.value.filter { $0 == "post Reply instance" }.count == 1)
        }
    }

    @Test("A receiver of what goes along can refuse, and then nothing is deleted")
    func refused() async throws {
        try await Library.with { signals in
            signals.preDelete(Work.self).connect("keep") { deletion in
                if deletion.instance.copies > 0 {
                    deletion.refuse(field: "copies", code: "sold", message: "it is in the shops")
                }
            }
        } _: { _, database in
            let shelf = try await Shelf(in: database)
            let failure = await #expect(throws: ValidationFailure.self) { try await database.delete(shelf.mary) }
            #expect(failure?.fields.map(\.code) == ["sold"])
            #expect(try await database.count(Writer.query) == 3)
        }
    }
}
