import Foundation
import Heliograph
import HeliographTesting
import Testing

@Suite("Queries")
struct QueryTests {
    private func with(_ body: (Fixture, Database, Shelf) async throws -> Void) async throws {
        try await Library.with { fixture, database in
            try await body(fixture, database, Shelf(in: database))
        }
    }

    @Test("Conditions mean in SQL what they mean in Swift, NULL included")
    func conditions() async throws {
        try await with { _, database, shelf in
            func names(_ condition: (Fields<Writer>) -> SQLExpression<Bool>) async throws -> [String] {
                try await database.all(Writer.where(condition).order { $0.name }).map(\.name)
            }
            let adult = try await names { $0.age == 18 }
            #expect(adult == ["Mary"])
            #expect(try await names { $0.age == nil } == ["Mute 100%"])
            #expect(try await names { $0.age != nil } == ["Mary", "Percy"])
            #expect(try await names { $0.age != 18 } == ["Mute 100%", "Percy"])
            #expect(try await names { !($0.age == 18) } == ["Mute 100%", "Percy"])
            #expect(try await names { !($0.age > 18) } == ["Mary", "Mute 100%"])
            #expect(try await names { $0.age >= 18 && $0.age < 29 } == ["Mary"])
            #expect(try await names { $0.age.isIn(18...29) } == ["Mary", "Percy"])
            #expect(try await names { $0.name.isIn(["Mary", "nobody"]) } == ["Mary"])
            #expect(try await names { $0.name.isIn([]) } == [])
            #expect(try await names { $0.mood.isIn([.stormy]) } == ["Percy"])
            #expect(
                try await names { $0.name.hasPrefix("M") && $0.email.hasSuffix("@example.org") } == [
                    "Mary", "Mute 100%",
                ])
            #expect(try await names { $0.name.contains("0%") } == ["Mute 100%"])
            #expect(try await names { $0.name.contains("_") } == [])
            #expect(try await names { $0.name.lowercased() == "percy" || $0.mood == .stormy } == ["Percy"])
            #expect(try await names { $0.name.like("_ary") } == ["Mary"])
            #expect(try await names { $0.name.like("mary", ignoringCase: true) } == ["Mary"])
            #expect(try await names { $0.name.matches("^P") } == ["Percy"])
            #expect(try await names { $0.name.count == 4 } == ["Mary"])
            #expect(try await names { $0[\.address.place.city] == "" && $0.country == nil } == ["Mute 100%", "Percy"])
            #expect(
                try await names { $0.member("theme", of: \.settings) == "dark" && $0.age.or(0) == 0 } == ["Mute 100%"])
            #expect(try await names { _ in SQLExpression("t0.age % 2 = \(0)") } == ["Mary"])
            #expect(try await names { $0.country == $0.country } == ["Mary", "Mute 100%", "Percy"])
            #expect(try await names { $0.id == shelf.mary.id } == ["Mary"])
        }
    }

    @Test("Order, limit, offset, first, count, exists")
    func order() async throws {
        try await with { _, database, _ in
            let byAge = Writer.query.order { $0.age.descending(nullsLast: true) }
            let ages = try await database.all(byAge).map(\.age)
            #expect(ages == [29, 18, nil])
            #expect(try await database.all(byAge.offset(1).limit(1)).map(\.name) == ["Mary"])
            #expect(try await database.first(Work.query.order { $0.writerID }.order { $0.price })?.title == "Mathilda")
            #expect(try await database.first(Work.where { $0.copies > 100 }) == nil)
            #expect(try await database.count(Work.query) == 3)
            #expect(try await database.count(Work.query.limit(2)) == 2)
            #expect(try await database.exists(Work.where { $0.price < 3 }))
            #expect(try await database.exists(Work.where { $0.price < 1 }) == false)
            #expect(try await database.all(Work.query.select { $0.writerID }.distinct()).count == 2)
            #expect(try await database.exists(Work.query.select { $0.writerID }.distinct().offset(1)))
            #expect(try await database.exists(Work.query.limit(0)) == false)
            #expect(try await database.first(Work.query.limit(0)) == nil)
        }
    }

    @Test("Values, sums, groups")
    func values() async throws {
        try await with { _, database, shelf in
            let pairs = try await database.all(Work.query.order { $0.title }.select { ($0.title, $0.copies * 2) })
            #expect(pairs.map(\.0) == ["Frankenstein", "Mathilda", "Ozymandias"])
            #expect(pairs.map(\.1) == [6, 2, 14])
            let all = try await database.first(
                Work.query.select { ($0.count(), $0.copies.sum(), $0.price.sum(), $0.price.max(), $0.copies.average()) }
            )
            #expect(all?.0 == 3)
            #expect(all?.1 == 11)
            #expect(all?.2 == 15.5)
            #expect(all?.3 == 9.5)
            #expect(try #require(all?.4) > 3.6)
            let none = try await database.first(
                Work.where { $0.copies > 99 }.select { ($0.copies.sum(), $0.copies.min()) })
            #expect(none?.0 == 0)
            #expect(none?.1 == .some(nil))
            let themes = try await database.all(
                Writer.query.group { $0.member("theme", of: \.settings) }.select {
                    ($0.member("theme", of: \.settings), $0.count())
                })
            #expect(themes.map(\.1) == [3])
            let groups = try await database.all(
                Work.query.group { $0.writerID }.having { $0.count() > 1 }.select { ($0.writerID, $0.count()) })
            #expect(groups.map(\.0) == [shelf.mary.id])
            #expect(groups.map(\.1) == [2])
            #expect(try await database.count(Work.query.group { $0.writerID }.select { $0.writerID }) == 2)
        }
    }

    @Test("Relations: conditions on what is referred to, rows beside rows, rows that refer, without a query for each")
    func relations() async throws {
        try await with { _, database, shelf in
            let british = Work.where {
                $0.related(Writer.self, by: \.writerID).related(Country.self, by: \.country).name == "United Kingdom"
            }
            #expect(try await database.all(british.order { $0.title }).map(\.title) == ["Frankenstein", "Mathilda"])
            let stateless = Work.where {
                $0.related(Writer.self, by: \.writerID).related(Country.self, by: \.country).name.optional == nil
            }
            #expect(try await database.all(stateless).map(\.title) == ["Ozymandias"])
            // The same relation twice is one join.
            let both = Work.where { $0.related(Writer.self, by: \.writerID).name == "Percy" }
                .order { $0.related(Writer.self, by: \.writerID).age }.including(Writer.self, by: \.writerID)
            #expect(try await database.all(both).map(\.1.name) == ["Percy"])
            let pairs = try await database.all(Writer.query.order { $0.name }.including(Country.self, by: \.country))
            #expect(pairs.map(\.1?.code) == ["GB", nil, nil])
            #expect(pairs.map(\.0.name) == ["Mary", "Mute 100%", "Percy"])
            #expect(
                try await database.all(Writer.where { $0.exists(\Work.writerID) { $0.price > 5 } }).map(\.name) == [
                    "Mary"
                ])
            #expect(
                try await database.all(Writer.where { !$0.exists(\Work.writerID) }).map(\.name) == ["Mute 100%"])
            let reviewed = Writer.where { $0.exists(\Work.writerID) { $0.exists(\Review.workID) { $0.stars == 1 } } }
            #expect(try await database.all(reviewed).map(\.name) == ["Percy"])
            #expect(
                try await database.all(
                    Work.where { $0.writerID.isIn(Writer.where { $0.age > 20 }.select { $0.id.or(0) }) }
                )
                .map(\.title) == ["Ozymandias"])
            let shelves = try await database.all(
                Writer.query.order { $0.name }.prefetching(\Work.writerID, Work.query.order { $0.title }))
            #expect(shelves.map(\.0.name) == ["Mary", "Mute 100%", "Percy"])
            #expect(shelves.map { $0.1.map(\.title) } == [["Frankenstein", "Mathilda"], [], ["Ozymandias"]])
            let reviews = try await database.related(
                to: shelf.works, by: \Review.workID, Review.query.order { $0.stars })
            #expect(reviews.map { $0.map(\.stars) } == [[4, 5], [], [1]])
        }
    }

    @Test("What a mapping does not have is said before anything is sent")
    func wrong() async throws {
        try await with { _, database, _ in
            let unmapped = await #expect(throws: ModelError.self) {
                try await database.all(Writer.where { $0[\.name.first!.asciiValue!.words.count] == 1 })
            }
            #expect(unmapped?.code == .wrongQuery)
            let undeclared = await #expect(throws: ModelError.self) {
                try await database.all(Work.where { $0.related(Country.self, by: \.title).name == "x" })
            }
            #expect(undeclared?.code == .wrongQuery)
            // A field of the query around it would be taken for the inner one's.
            let foreign = await #expect(throws: ModelError.self) {
                try await database.all(
                    Writer.where { writer in
                        writer.id.isIn(Work.where { $0.writerID == writer.id }.select { $0.writerID.optional })
                    })
            }
            #expect(foreign?.code == .wrongQuery)
            #expect(undeclared?.message == "column \"title\" of Work is not declared to refer to Country")
        }
    }

    @Test("Locks: others' rows are skipped, or refused, and one's own are held until the end")
    func locks() async throws {
        try await with { _, database, shelf in
            try await database.transaction { tx in
                let mine = try await tx.all(Work.where { $0.title == "Mathilda" }.forUpdate())
                #expect(mine.count == 1)
                let free = try await database.all(Work.query.order { $0.title }.forUpdate(skipLocked: true))
                #expect(free.map(\.title) == ["Frankenstein", "Ozymandias"])
                // Only the query's own rows are locked, not those beside them.
                let beside = try await database.all(
                    Work.where { $0.title == "Frankenstein" }.including(Writer.self, by: \.writerID).forUpdate(
                        noWait: true))
                #expect(beside.count == 1)
                let busy = await #expect(throws: PostgresError.self) {
                    try await database.all(Work.query.forShare(noWait: true))
                }
                #expect(busy?.sqlState == "55P03")
            }
        }
    }

    @Test("A stream hands over all rows, and an early end leaves the session usable")
    func stream() async throws {
        try await Library.with { _, database in
            var labels = (0..<2_000).map { Label(name: "label \($0)") }
            try await database.insert(&labels)
            let query = Label.query.order { $0.id }
            let names = try await database.stream(query) { stream in
                var names: [String] = []
                for try await label in stream { names.append(label.name) }
                return names
            }
            #expect(names == labels.map(\.name))
            try await database.transaction { tx in
                let first = try await tx.stream(query) { stream in
                    for try await label in stream { return label.name }
                    return ""
                }
                #expect(first == "label 0")
                #expect(try await tx.count(query) == 2_000)
            }
        }
    }

    @Test("SQL decodes to models, by the columns' names")
    func sql() async throws {
        try await with { _, database, _ in
            let works = try await database.query(
                "SELECT 1 AS more, w.* FROM works AS w ORDER BY title DESC", as: Work.self)
            #expect(works.map(\.title) == ["Ozymandias", "Mathilda", "Frankenstein"])
        }
    }
}
