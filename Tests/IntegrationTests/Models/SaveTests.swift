import Bookshop
import Foundation
import Heliograph
import HeliographTesting
import ServiceContextModule
import Synchronization
import Testing

@Suite("Saving models")
struct SaveTests {
    /// The Bookshop's tables, with its receivers and those of the test.
    private func withDatabase(
        _ connect: (ModelSignals) -> Void = { _ in }, _ body: (Fixture, Database) async throws -> Void
    ) async throws {
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.withPool { pool in
                let signals = ModelSignals()
                BookshopSignals.connect(to: signals)
                connect(signals)
                try await body(
                    fixture, Database(pool: pool, signals: signals, origin: "test-process", logger: fixture.logger)
                )
            }
        }
    }

    struct Refusal: Error {}

    @Test("Inserted, updated, found, deleted: the instance is what the row is")
    func lifeCycle() async throws {
        try await withDatabase { fixture, database in
            var user = User(username: "ada", email: " Ada@Example.org ")
            try await database.save(&user)
            let id = try #require(user.id)
            #expect(user.email == "ada@example.org")
            #expect(user.createdAt != nil)
            user.username = "countess"
            try await database.save(&user)
            let found = try #require(try await database.find(User.self, id))
            #expect(found.username == "countess")
            #expect(try await database.all(User.self, where: "email = \("ada@example.org")").map(\.id) == [id])
            try await database.delete(user)
            #expect(try await database.find(User.self, id) == nil)
            let gone = await #expect(throws: ModelError.self) { try await database.save(&user) }
            #expect(gone?.code == .notFound)
            let again = await #expect(throws: ModelError.self) { try await database.delete(user) }
            #expect(again?.code == .notFound)
            #expect(
                try await Captured(fixture: fixture).records.map { $0.prefix(6) } == ["insert", "update", "delete"])
        }
    }

    @Test("preSave refuses all fields at once, and nothing is written")
    func refused() async throws {
        try await withDatabase { fixture, database in
            var user = User(username: " ", email: "nonsense")
            let failure = await #expect(throws: ValidationFailure.self) { try await database.save(&user) }
            #expect(failure?.fields.map(\.field) == ["username", "email"])
            #expect(failure?.fields.map(\.code) == ["required", "invalid"])
            #expect(user.id == nil)
            #expect(user.email == "nonsense", "a refused instance is as it was")
            let written = try await fixture.count("SELECT count(*) FROM users")
            #expect(written == 0)
        }
    }

    @Test(
        "The receiver's check is friendly; the constraint judges, with the same failure on the same field",
        .timeLimit(.minutes(10)))
    func concurrentDuplicates() async throws {
        try await withDatabase { fixture, database in
            let outcomes = try await withThrowingTaskGroup(of: Result<Int64?, ValidationFailure>.self) { group in
                for index in 0..<4 {
                    group.addTask {
                        var user = User(
                            username: "u\(index)", email: index % 2 == 0 ? "same@example.org" : "SAME@example.org")
                        do {
                            try await database.save(&user)
                            return .success(user.id)
                        } catch let failure as ValidationFailure {
                            return .failure(failure)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let failures = outcomes.compactMap { if case .failure(let failure) = $0 { failure } else { nil } }
            #expect(failures.count == 3)
            for failure in failures {
                #expect(
                    failure.fields == [
                        FieldError(field: "email", code: "unique", message: "a row with this email already exists")
                    ])
            }
            #expect(try await fixture.count("SELECT count(*) FROM users") == 1)
        }
    }

    @Test(
        "Two that have both looked before either writes: the second waits for the first, and fails on the field",
        .timeLimit(.minutes(10)))
    func raceBehindTheCheck() async throws {
        try await withDatabase { fixture, database in
            let second = try await database.transaction { first in
                var one = User(username: "one", email: "same@example.org")
                try await first.save(&one)
                // It sees nothing of the first, whose INSERT is not committed, and is stopped by the unique index.
                let second = Task {
                    var two = User(username: "two", email: "same@example.org")
                    try await database.save(&two)
                }
                try await eventually("the second to wait for the first") {
                    try await fixture.count(
                        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                    ) == 1
                }
                return second
            }
            let failure = await #expect(throws: ValidationFailure.self) { try await second.value }
            #expect(failure?.fields.map(\.field) == ["email"])
            #expect(failure?.cause?.sqlState == .uniqueViolation)
        }
    }

    @Test("postSave writes with the save: both or neither")
    func postSave() async throws {
        let connect: (ModelSignals) -> Void = { signals in
            signals.postSave(User.self).connect("profile") { saved in
                guard saved.created, let id = saved.instance.id else { return }
                var profile = Profile(userID: id, bio: "made at once")
                try await saved.transaction.save(&profile)
                if saved.instance.username == "refused" { throw Refusal() }
            }
        }
        try await withDatabase(connect) { fixture, database in
            var user = User(username: "ada", email: "ada@example.org")
            try await database.save(&user)
            var refused = User(username: "refused", email: "grace@example.org")
            await #expect(throws: Refusal.self) { try await database.save(&refused) }
            #expect(refused.id == nil)
            #expect(try await fixture.count("SELECT count(*) FROM users") == 1)
            #expect(try await fixture.count("SELECT count(*) FROM profiles WHERE bio = 'made at once'") == 1)
        }
    }

    @Test("afterCommit runs after the commit, in order, and not for what was rolled back")
    func afterCommit() async throws {
        let heard = Mutex<[String]>([])
        let connect: (ModelSignals) -> Void = { signals in
            signals.afterCommit(User.self).connect("heard") { committed in
                let text = "\(committed.change) \(committed.instance.username)"
                heard.withLock { $0.append(text) }
            }
        }
        try await withDatabase(connect) { fixture, database in
            try await database.transaction { tx in
                var one = User(username: "one", email: "one@example.org")
                try await tx.save(&one)
                await #expect(throws: Refusal.self) {
                    try await tx.savepoint { tx in
                        var two = User(username: "two", email: "two@example.org")
                        try await tx.save(&two)
                        throw Refusal()
                    }
                }
                one.username = "three"
                try await tx.save(&one)
                #expect(heard.withLock { $0 } == [])
            }
            #expect(heard.withLock { $0 } == ["created one", "updated three"])
            await #expect(throws: Refusal.self) {
                try await database.transaction { tx in
                    var four = User(username: "four", email: "four@example.org")
                    try await tx.save(&four)
                    throw Refusal()
                }
            }
            #expect(heard.withLock { $0.count } == 2)
            #expect(
                try await Captured(fixture: fixture).records.count == 2, "a rolled-back transaction gives no signal")
        }
    }

    @Test(
        "A hook may open a transaction, also where the pool has one connection; one that fails stops no other",
        .timeLimit(.minutes(10)))
    func hooks() async throws {
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.withPool(maximum: 1) { pool in
                let database = Database(pool: pool)
                try await database.transaction { tx in
                    try tx.afterCommit { throw Refusal() }
                    try tx.afterCommit {
                        var book = Book(title: "Emma")
                        try await database.save(&book)
                    }
                }
                #expect(try await fixture.count("SELECT count(*) FROM books") == 1)
            }
        }
    }

    @Test(
        "What cannot even be sent has not opened the transaction, and what follows is in it all the same",
        .timeLimit(.minutes(10)))
    func unsendable() async throws {
        try await withDatabase { fixture, database in
            await #expect(throws: Refusal.self) {
                try await database.transaction { tx in
                    _ = try? await tx.execute("SELECT \("\0")")
                    try await tx.execute("INSERT INTO books (title) VALUES ('Emma')")
                    throw Refusal()
                }
            }
            #expect(try await fixture.count("SELECT count(*) FROM books") == 0)
            try await database.transaction { tx in
                _ = try? await tx.savepoint { try await $0.execute("SELECT \("\0")") }
                try await tx.execute("INSERT INTO books (title) VALUES ('Emma')")
            }
            try await database.transaction { _ in }  // asks nothing of the server
            // What cannot travel with others is refused by itself: the connection stays.
            let pid = try await database.pool.withConnection { $0.backendProcessID }
            _ = try? await database.transaction { tx in
                let error = await #expect(throws: PostgresError.self) { try await tx.execute("COPY books FROM STDIN") }
                #expect(error?.code == .invalidUse || error?.code == .server)
                #expect(await tx.hasFailedStatement)
                throw Refusal()
            }
            #expect(try await database.pool.withConnection { $0.backendProcessID } == pid)
            #expect(try await fixture.count("SELECT count(*) FROM books") == 1)
        }
    }

    @Test(
        "The records say which process, request and person wrote, as the task's context says", .timeLimit(.minutes(10)))
    func context() async throws {
        try await withDatabase { fixture, database in
            var plain = Book(title: "Emma")
            try await database.save(&plain)
            var service = ServiceContext.topLevel
            service.signalContext = SignalContext(actor: "ada", request: "r-1", traceparent: "00-ab-cd-01")
            try await ServiceContext.withValue(service) {
                var book = Book(title: "Persuasion")
                try await database.save(&book)
            }
            let contexts = try await fixture.withConnection {
                try await $0.texts("SELECT context FROM heliograph.signal_log ORDER BY id")
            }
            #expect(
                contexts == [
                    #"{"origin":"test-process"}"#,
                    #"{"actor":"ada","request":"r-1","traceparent":"00-ab-cd-01","origin":"test-process"}"#,
                ]
            )
        }
    }

    @Test("Other violations of the database are failures on their field, too")
    func otherConstraints() async throws {
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.withPool { pool in
                let database = Database(pool: pool)
                var nobody = Profile(userID: 99)
                let reference = await #expect(throws: ValidationFailure.self) { try await database.save(&nobody) }
                #expect(reference?.fields.map { "\($0.field) \($0.code)" } == ["user_id reference"])
                var timeless = User(
                    username: "ada", email: "ada@example.org",
                    createdAt: Date(timeIntervalSinceReferenceDate: .infinity))
                let check = await #expect(throws: ValidationFailure.self) { try await database.save(&timeless) }
                #expect(check?.fields.map { "\($0.field) \($0.code)" } == ["created_at check"])
            }
        }
    }

    @Test("A handle that is kept beyond its transaction is dead")
    func keptHandle() async throws {
        try await withDatabase { _, database in
            final class Keeper: @unchecked Sendable { var kept: Transaction? }
            let keeper = Keeper()
            try await database.transaction { keeper.kept = $0 }
            let error = await #expect(throws: PostgresError.self) { try await keeper.kept?.query("SELECT 1") }
            #expect(error?.code == .invalidUse)
        }
    }
}
