import Foundation
import Heliograph
import HeliographTesting
import Testing

/// What only a log in memory has: models in words, statements kept, changes refused.
@Suite("InMemoryLog")
struct InMemoryLogTests {
    struct Visit: Model, Equatable {
        var id: Int64?
        var page: String
        var isFirst: Bool
        var seconds: Double?
        var at: Date
        var token: UUID

        static let mapping = Mapping("visits", Visit.init) {
            Key("id", \.id)
            Column("page", \.page)
            Column("is_first", \.isFirst)
            Column("seconds", \.seconds)
            Column("at", \.at)
            Column("token", \.token)
        }
    }

    private static func visit(_ id: Int64, _ page: String = "/") throws -> Visit {
        Visit(
            id: id, page: page, isFirst: true, seconds: nil, at: Date(timeIntervalSince1970: 1_700_000_000.25),
            token: try #require(UUID(uuidString: "6ba7b810-9dad-11d1-80b4-00c04fd430c8")))
    }

    @Test("A model comes out as it went in; what changed is known; a save is kept")
    func models() async throws {
        let log = InMemoryLog()
        let heard = Locked<[Event<Visit>]>([])
        let subscription = Subscription("visits", on: Visit.self, lanes: 1, start: .beginning) { event, tx in
            heard.change { $0.append(event) }
            var copy = event.instance
            try await tx.save(&copy)
        }
        try log.commit(.created(Self.visit(1)), .updated(Self.visit(1, "/about")))
        try log.commit(.deleted(Self.visit(1)))
        try await log.drain([subscription])
        let events = heard.value
        #expect(
            events.map(\.instance) == [try Self.visit(1), try Self.visit(1, "/about"), try Self.visit(1, "/about")])
        #expect(events.map(\.changed) == [[], ["page"], []] && events.map(\.isDeleted) == [false, false, true])
        #expect(log.records.first?.instance?.contains(#""at":"2023-11-14T22:13:20.250000+00:00""#) == true)
        #expect(log.records.map(\.transaction) == ["2", "2", "3"])
        let effects = log.effects(of: "visits")
        #expect(effects.count == 3 && effects.allSatisfy { $0.statement.contains("visits") })
        #expect(effects.first?.values.contains(.string("6ba7b810-9dad-11d1-80b4-00c04fd430c8")) == true)
    }

    @Test("A row that is there is not created, one that is not there is not changed; and nothing has happened")
    func refused() throws {
        let log = InMemoryLog()
        try log.commit(.created(Self.visit(1)))
        #expect(throws: (any Error).self) { try log.commit(.created(Self.visit(2)), .created(Self.visit(1))) }
        #expect(throws: (any Error).self) { try log.commit(.updated(Self.visit(2))) }
        #expect(log.records.count == 1)
        try log.commit(.created(Self.visit(2)))
        #expect(log.records.map(\.id) == [1, 2])
    }

    @Test("What stands in for the server can refuse a statement: then the record is parked")
    func answer() async throws {
        struct Refused: Error {}
        let log = InMemoryLog { statement in
            if statement.contains("forbidden") { throw Refused() }
            return 7
        }
        let counts = Locked<[Int]>([])
        let subscription = Subscription(
            "visits", on: Visit.self, lanes: 1, start: .beginning, retry: .init(maximumAttempts: 1)
        ) { event, tx in
            let count = try await tx.execute("UPDATE a SET b = \(event.instance.page)")
            counts.change { $0.append(count) }
            try await tx.execute("UPDATE a SET c = ANY (\([event.instance.id ?? 0, 9])) AND d = \(["x"])")
            if event.instance.id == 2 { try await tx.execute("DELETE FROM forbidden") }
        }
        try log.commit(.created(Self.visit(1)), .created(Self.visit(2)))
        let report = try await log.drain([subscription])
        #expect(report.received("visits") == 1 && counts.value.allSatisfy { $0 == 7 })
        let effects = log.effects(of: "visits")
        #expect(effects.count == 2)
        #expect(effects.last?.values == [.array([.number("1"), .number("9")]), .array([.string("x")])])
        #expect(log.parked(of: "visits").map(\.isDead) == [true])
    }
}
