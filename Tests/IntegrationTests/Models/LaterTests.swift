import Foundation
import Heliograph
import HeliographTesting
import Testing

@Suite("Statements that nobody waits for")
struct LaterTests {
    private func with(_ body: (Fixture, Database) async throws -> Void) async throws {
        try await Library.with { fixture, database in try await body(fixture, database) }
    }

    private func labels(_ database: Database) async throws -> [String] {
        try await database.all(Label.query.order { $0.id }).map(\.name)
    }

    @Test("They are written in their order, and seen by what comes after; also if they are all there is")
    func order() async throws {
        try await with { _, database in
            try await database.transaction { tx in
                try await tx.insertLater(Label(name: "a"))
                try await tx.executeLater("UPDATE labels SET name = 'b'")
                let seen = try await tx.all(Label.query).map(\.name)
                #expect(seen == ["b"])
                try await tx.insertLater(Label(name: "c"))
            }
            let names = try await labels(database)
            #expect(names == ["b", "c"])
            try await database.transaction { try await $0.insertLater(Label(name: "d")) }
            #expect(try await labels(database) == ["b", "c", "d"])
            try await database.transaction { _ in }
        }
    }

    @Test("One that fails fails COMMIT, as the same failure, and nothing is committed; or the next statement")
    func failing() async throws {
        try await with { _, database in
            let failure = await #expect(throws: ValidationFailure.self) {
                try await database.transaction { tx in
                    var country = Country(code: "GB", name: "x")
                    try await tx.save(&country)
                    try await tx.insertLater(Label(name: "a"))
                    try await tx.insertLater(Label(name: "a"))
                }
            }
            #expect(failure?.fields.map(\.field) == ["name"])
            #expect(failure?.fields.map(\.code) == ["unique"])
            let count = try await database.count(Country.query)
            #expect(count == 0)
            let error = await #expect(throws: PostgresError.self) {
                try await database.transaction { tx in
                    try await tx.executeLater("INSERT INTO labels (name) VALUES (NULL)")
                    try await tx.query("SELECT 1")
                }
            }
            #expect(error?.sqlState == .notNullViolation)
            // The next statement is of another model: the failure is not.
            let early = await #expect(throws: ValidationFailure.self) {
                try await database.transaction { tx in
                    try await tx.insertLater(Label(name: "a"))
                    try await tx.insertLater(Label(name: "a"))
                    var country = Country(code: "FR", name: "x")
                    try await tx.insert(&country)
                }
            }
            #expect(early?.fields.map(\.field) == ["name"])
            #expect(early?.cause?.table == "labels")
            let long = await #expect(throws: PostgresError.self) {
                try await database.transaction { tx in
                    try await tx.insertLater(Country(code: "too long", name: "x"))
                    var label = Label(name: "a")
                    try await tx.insert(&label)
                }
            }
            #expect(long?.sqlState == "22001")
            #expect(try await labels(database) == [])
            // Behind an error that was ignored it is that which is said.
            let ignored = await #expect(throws: PostgresError.self) {
                try await database.transaction { tx in
                    _ = try? await tx.query("SELECT 1 / 0")
                    try await tx.insertLater(Label(name: "a"))
                }
            }
            #expect(ignored?.code == .transactionAborted)
            // What cannot be sent is refused at once.
            await #expect(throws: PostgresError.self) {
                try await database.transaction { try await $0.executeLater("UPDATE labels SET name = \("\0")") }
            }
            await #expect(throws: PostgresError.self) {
                try await database.transaction { try await $0.executeLater("COMMIT") }
            }
        }
    }

    @Test("A savepoint keeps and drops its own")
    func savepoints() async throws {
        struct Refusal: Error {}
        try await with { _, database in
            try await database.transaction { tx in
                try await tx.insertLater(Label(name: "before"))
                await #expect(throws: Refusal.self) {
                    try await tx.savepoint { tx in
                        try await tx.insertLater(Label(name: "dropped"))
                        throw Refusal()
                    }
                }
                try await tx.savepoint { try await $0.insertLater(Label(name: "kept")) }
                // Its own failure undoes it, and only it.
                await #expect(throws: PostgresError.self) {
                    try await tx.savepoint { try await $0.executeLater("INSERT INTO labels (name) VALUES ('before')") }
                }
                try await tx.insertLater(Label(name: "after"))
            }
            #expect(try await labels(database) == ["before", "kept", "after"])
        }
    }

    @Test("Rolled back, they were never there; and receivers that must be told get the row at once")
    func rolledBack() async throws {
        struct Refusal: Error {}
        let told = Locked<[Int64]>([])
        try await with { _, database in
            await #expect(throws: Refusal.self) {
                try await database.transaction { tx in
                    try await tx.insertLater(Label(name: "a"))
                    throw Refusal()
                }
            }
            #expect(try await labels(database) == [])
            database.signals.postSave(Label.self).connect("told") { save in
                let id = save.instance.id ?? 0
                told.change { $0.append(id) }
            }
            try await database.transaction { try await $0.insertLater(Label(name: "b")) }
            #expect(told.value.count == 1)
            #expect(told.value.first != 0)
        }
    }
}
