import Bookshop
import Heliograph
import HeliographTesting
import Testing

/// What is done after a commit, by the cases of Django's `transaction_hooks`.
@Suite("After the commit")
struct AfterCommitTests {
    struct Refusal: Error {}

    /// What hooks have told, beside the books that were written.
    private struct Shop {
        let database: Database
        let heard = Locked<[String]>([])

        /// Writes a book and tells of it after the commit.
        func add(_ title: String, _ tx: Transaction) async throws {
            var book = Book(title: title)
            try await tx.insert(&book)
            try tx.afterCommit { [heard] in heard.change { $0.append(title) } }
        }

        /// Each hook is told of in its order, and nothing else was written.
        func expect(_ titles: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
            #expect(heard.value == titles, sourceLocation: sourceLocation)
            let written = try await database.all(Book.self).map(\.title)
            #expect(written.sorted() == titles.sorted(), sourceLocation: sourceLocation)
        }
    }

    private func withShop(_ body: (Shop) async throws -> Void) async throws {
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.withPool { pool in
                try await body(Shop(database: Database(pool: pool, logger: fixture.logger)))
            }
        }
    }

    @Test("Nothing is told before the outermost commit, also of a savepoint that was kept")
    func outermost() async throws {
        try await withShop { shop in
            try await shop.database.transaction { tx in
                try await tx.savepoint { tx in
                    try await shop.add("one", tx)
                    #expect(shop.heard.value.isEmpty)
                }
                #expect(shop.heard.value.isEmpty)
            }
            try await shop.expect(["one"])
        }
    }

    @Test("A transaction that is rolled back tells nothing, and leaves nothing to the next one on its connection")
    func rolledBack() async throws {
        try await withShop { shop in
            await #expect(throws: Refusal.self) {
                try await shop.database.transaction { tx in
                    try await tx.savepoint { try await shop.add("one", $0) }
                    throw Refusal()
                }
            }
            try await shop.expect([])
            try await shop.database.transaction { try await shop.add("two", $0) }
            try await shop.database.transaction { try await shop.add("three", $0) }
            try await shop.expect(["two", "three"])
        }
    }

    @Test(
        "A savepoint that is rolled back drops its hooks and those of the savepoints in it; the others keep their order"
    )
    func savepoints() async throws {
        try await withShop { shop in
            try await shop.database.transaction { tx in
                try await shop.add("one", tx)
                try await tx.savepoint { try await shop.add("two", $0) }
                await #expect(throws: Refusal.self) {
                    try await tx.savepoint { tx in
                        try await tx.savepoint { try await shop.add("dropped with its parent", $0) }
                        try await shop.add("dropped", tx)
                        throw Refusal()
                    }
                }
                try await tx.savepoint { tx in
                    try await shop.add("three", tx)
                    await #expect(throws: Refusal.self) { try await tx.savepoint { _ in throw Refusal() } }
                }
                try await shop.add("four", tx)
            }
            try await shop.expect(["one", "two", "three", "four"])
        }
    }

    @Test("A hook that fails stops no other, and is not run again")
    func failing() async throws {
        try await withShop { shop in
            try await shop.database.transaction { tx in
                try tx.afterCommit { throw Refusal() }
                try await shop.add("one", tx)
            }
            try await shop.database.transaction { try await shop.add("two", $0) }
            try await shop.expect(["one", "two"])
        }
    }

    @Test("A hook sees what was committed, and may open a transaction with hooks of its own, which run at once")
    func nested() async throws {
        try await withShop { shop in
            try await shop.database.transaction { tx in
                for title in ["one", "two"] {
                    try tx.afterCommit {
                        try await shop.database.transaction { tx in
                            try await shop.add(title, tx)
                            try tx.afterCommit {
                                let count = try await shop.database.all(Book.self).count
                                try await shop.database.transaction { try await shop.add("\(title) of \(count)", $0) }
                            }
                        }
                    }
                }
            }
            try await shop.expect(["one", "one of 1", "two", "two of 3"])
        }
    }

    @Test("A save without a transaction around it is told of at once")
    func alone() async throws {
        let heard = Locked<[String]>([])
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.withPool { pool in
                let database = Database(pool: pool)
                database.signals.afterCommit(Book.self).connect("heard") { committed in
                    let title = committed.instance.title
                    heard.change { $0.append(title) }
                }
                var book = Book(title: "Emma")
                try await database.save(&book)
                #expect(heard.value == ["Emma"])
            }
        }
    }

    @Test("Another transaction's conflict is not its own: what it has done is not done again")
    func othersConflict() async throws {
        try await withShop { shop in
            let tries = Locked(0)
            let error = await #expect(throws: PostgresError.self) {
                try await shop.database.transaction(attempts: 3) { tx in
                    tries.change { $0 += 1 }
                    try await shop.database.transaction { other in
                        try await other.execute("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")
                    }
                }
            }
            #expect(error?.sqlState == .deadlockDetected && tries.value == 1)
            // Its own, for comparison.
            await #expect(throws: PostgresError.self) {
                try await shop.database.transaction(attempts: 3) { tx in
                    tries.change { $0 += 1 }
                    try await tx.execute("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")
                }
            }
            #expect(tries.value == 4)
        }
    }

    @Test("A lost connection takes its hooks along")
    func lost() async throws {
        try await withShop { shop in
            await #expect(throws: PostgresError.self) {
                try await shop.database.transaction { tx in
                    try await shop.add("one", tx)
                    try await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            try await shop.database.transaction { try await shop.add("two", $0) }
            try await shop.expect(["two"])
        }
    }

    @Test(
        "A transaction that met another one is run again when asked for, without the hooks of the first try",
        arguments: [1, 2])
    func again(_ attempts: Int) async throws {
        try await withShop { shop in
            var book = Book(title: "Emma")
            try await shop.database.save(&book)
            let id = book.id
            let tries = Locked(0)
            func work() async throws {
                try await shop.database.transaction(.init(isolation: .repeatableRead), attempts: attempts) { tx in
                    tries.change { $0 += 1 }
                    let number = tries.value
                    var mine = try #require(try await tx.find(Book.self, id))
                    try tx.afterCommit { [heard = shop.heard] in heard.change { $0.append("try \(number)") } }
                    // The other one comes first, the first time.
                    if number == 1 {
                        var other = mine
                        other.title = "Persuasion"
                        try await shop.database.save(&other)
                    }
                    mine.title += "!"
                    try await tx.update(&mine)
                }
            }
            if attempts == 1 {
                let error = await #expect(throws: PostgresError.self) { try await work() }
                #expect(error?.sqlState == .serializationFailure && tries.value == 1 && shop.heard.value.isEmpty)
            } else {
                try await work()
                #expect(tries.value == 2 && shop.heard.value == ["try 2"])
            }
            let title = try await shop.database.find(Book.self, id)?.title
            #expect(title == (attempts == 1 ? "Persuasion" : "Persuasion!"))
        }
    }
}
