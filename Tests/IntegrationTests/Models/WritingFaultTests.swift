import Foundation
import Heliograph
import HeliographTesting
import Testing

/// What others do meanwhile, what triggers hold back, and receivers that change what a row is found by.
@Suite("Writing models: what comes in between")
struct WritingFaultTests {
    @Test(
        "A row that somebody changes meanwhile is looked at again, also behind an order and a limit; and no more than the limit is touched"
    )
    func overtaken() async throws {
        try await Library.with { fixture, database in
            var labels = (0..<50).map { Label(name: "idle \($0)") }
            try await database.insert(&labels)
            let query = Label.where { $0.name.hasPrefix("idle") }.order { $0.id }.limit(1)
            try await withThrowingTaskGroup(of: Int.self) { group in
                try await database.transaction { tx in
                    try await tx.execute("UPDATE labels SET name = 'busy' WHERE id = \(labels[0].id)")
                    group.addTask { try await database.delete(query) }
                    try await fixture.withConnection { connection in
                        try await eventually("the deletion to wait") {
                            try await connection.number(
                                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                            ) > 0
                        }
                    }
                }
                _ = try await group.next()
            }
            let names = try await database.all(Label.query.order { $0.id }).map(\.name)
            #expect(names.contains("busy"))
            #expect(names.count >= 49)
            // Whatever the plan.
            try await database.transaction { tx in
                for setting in ["hashagg", "hashjoin", "mergejoin", "sort", "material", "indexscan", "bitmapscan"] {
                    try await tx.execute("SET LOCAL \(unsafe: "enable_\(setting)") = off")
                }
                let gone = try await tx.delete(query.forUpdate(skipLocked: true))
                #expect(gone == 1)
            }
            #expect(try await database.count(Label.query) == names.count - 1)
        }
    }

    @Test("A row that a trigger holds back was not written, and nobody is told that it was")
    func heldBack() async throws {
        let told = Locked<[String]>([])
        try await Library.with { signals in
            signals.preSave(Label.self).connect("look") { _ in }
            signals.postSave(Label.self).connect("told") { save in
                let name = save.instance.name
                told.change { $0.append("saved \(name)") }
            }
            signals.postDelete(Label.self).connect("told") { deletion in
                let name = deletion.instance.name
                told.change { $0.append("deleted \(name)") }
            }
        } _: { fixture, database in
            var labels = ["a", "b"].map { Label(name: $0) }
            try await database.insert(&labels)
            told.change { $0 = [] }
            try await fixture.psql(
                """
                CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                CREATE TRIGGER hold BEFORE INSERT OR UPDATE OR DELETE ON labels FOR EACH ROW EXECUTE FUNCTION hold();
                """)
            func code(_ body: () async throws -> Void) async -> ModelError.Code? {
                await #expect(throws: ModelError.self) { try await body() }?.code
            }
            #expect(await code { try await database.delete(labels[0]) } == .notFound)
            #expect(await code { try await database.delete(Label.where { $0.name == "a" }) } == .notWritten)
            #expect(
                await code { try await database.update(Label.where { $0.name == "a" }.set(\.name, to: "c")) }
                    == .notFound)
            var known = Label(name: "b")
            #expect(await code { try await database.upsert(&known, on: \.name) } == .notWritten)
            var new = Label(name: "new")
            #expect(await code { try await database.upsert(&new, on: \.name) } == .notWritten)
            var many = [Label(name: "x"), Label(name: "y")]
            #expect(await code { try await database.insert(&many) } == .notWritten)
            #expect(told.value == [])
            let count = try await database.count(Label.query)
            #expect(count == 2)
        }
    }

    @Test("An upsert looks for what the receivers have made of the value that finds the row")
    func normalised() async throws {
        try await Library.with { signals in
            signals.preSave(Label.self).connect("lowercase") { $0.instance.name = $0.instance.name.lowercased() }
        } _: { _, database in
            var label = Label(name: "Ada")
            #expect(try await database.upsert(&label, on: \.name))
            var again = Label(name: "ADA")
            let isNew = try await database.upsert(&again, on: \.name)
            #expect(!isNew)
            #expect(again.id == label.id)
            #expect(again.name == "ada")
        }
    }

    struct Shop: Model {
        var id: Int64?
        var code: String
        static let mapping = Mapping("shops", Shop.init) {
            Key("id", \.id)
            Column("code", \.code).unique()
        }
    }

    struct Till: Model {
        var id: Int64?
        var shop: String
        static let mapping = Mapping("tills", Till.init) {
            Key("id", \.id)
            Column("shop", \.shop).references(\Shop.code, onDelete: .cascade)
        }
    }

    @Test("What goes with a deleted row goes by the row, not by what the program has made of the instance")
    func stale() async throws {
        let told = Locked<[String]>([])
        try await Library.with { signals in
            signals.postDelete(Till.self).connect("told") { deletion in
                let shop = deletion.instance.shop
                told.change { $0.append(shop) }
            }
        } _: { _, database in
            try await database.create(ModelSchema(Shop.self, Till.self))
            var shops = [Shop(code: "a"), Shop(code: "b")]
            try await database.insert(&shops)
            var tills = [Till(shop: "a"), Till(shop: "b")]
            try await database.insert(&tills)
            shops[0].code = "b"
            try await database.delete(shops[0])
            #expect(told.value == ["a"])
            let left = try await database.all(Till.query).map(\.shop)
            #expect(left == ["b"])
        }
    }

    @Test("A refusal without a field is one, also of many")
    func nameless() async throws {
        try await Library.with { signals in
            signals.preSave(Label.self).connect("refuse") { save in
                if save.instance.name == "bad" { throw ValidationFailure([]) }
            }
        } _: { _, database in
            var labels = [Label(name: "good"), Label(name: "bad")]
            await #expect(throws: ValidationFailure.self) { try await database.insert(&labels) }
            var good = Label(name: "good")
            try await database.save(&good)
            await #expect(throws: ValidationFailure.self) {
                try await database.update(Label.query.set(\.name, to: "bad"))
            }
            let names = try await database.all(Label.query).map(\.name)
            #expect(names == ["good"])
        }
    }
}
