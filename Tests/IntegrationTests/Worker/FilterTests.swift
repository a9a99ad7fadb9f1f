import Bookshop
import Heliograph
import HeliographTesting
import Synchronization
import Testing

/// What a subscription does not want is not received, and loops end.
@Suite("Worker: filters and loops")
struct FilterTests {
    @Test("Of updates only those that change a column, and of those what a predicate wants", .timeLimit(.minutes(10)))
    func filters() async throws {
        try await Fixture.with(.bookshop) { fixture in
            let heard = Mutex<[String]>([])
            let each = Subscription(
                "each", on: User.self, .created, .updated, .deleted, changing: ["email"], start: .beginning,
                where: { $0.instance.username != "bob" }
            ) { event, _ in
                heard.withLock {
                    $0.append("\(event.record.operation) \(event.instance.username) \(event.instance.email)")
                }
            }
            let batches = Mutex<[[String]]>([])
            let batch = Subscription(
                "batch", batchesOf: User.self, .updated, start: .beginning, where: { $0.instance.username == "ada" }
            ) { events, _ in
                batches.withLock { $0.append(events.map(\.instance.email)) }
            }
            try await fixture.psql(
                """
                INSERT INTO users (username, email) VALUES ('ada', 'a@x'), ('bob', 'b@x'), ('cyd', 'c@x');
                UPDATE users SET is_active = NOT is_active;
                UPDATE users SET email = 'new' || email;
                DELETE FROM users WHERE username = 'cyd';
                """)
            let worker = Worker(
                [each, batch], database: fixture.configuration, configuration: .forTests, logger: fixture.logger)
            try await withService(worker, logger: fixture.logger) {
                try await eventually("both to have caught up") {
                    let status = try await fixture.withConnection { try await StatusReader().read(on: $0) }
                    return status.subscriptions.count == 2 && status.subscriptions.allSatisfy { $0.lagRecords == 0 }
                }
            }
            #expect(
                heard.withLock { $0.sorted() } == [
                    "delete cyd newc@x", "insert ada a@x", "insert cyd c@x", "update ada newa@x", "update cyd newc@x",
                ])
            #expect(batches.withLock { $0.flatMap(\.self) } == ["a@x", "newa@x"])
        }
    }

    @Test("A column that the model does not have is refused at the start", .timeLimit(.minutes(10)))
    func unknownColumn() async throws {
        let subscription = Subscription("s", on: User.self, changing: ["mail"]) { _, _ in }
        try await Fixture.with(.bookshop) { fixture in
            let worker = Worker([subscription], database: fixture.configuration, logger: fixture.logger)
            let error = await #expect(throws: WorkerError.self) {
                try await withService(worker, logger: fixture.logger) {}
            }
            #expect(
                error?.message.hasPrefix(#"subscription s: User has no column "mail"; it has id, username"#) == true)
        }
    }

    @Test("Receivers whose writes cause each other are cut, and everybody else's go on", .timeLimit(.minutes(10)))
    func loop() async throws {
        try await Effects.with { effects in
            let loop = Subscription(
                "loop", sources: [.init(sender: "public.t", operations: [.insert])], lanes: 4, start: .beginning
            ) { record, tx in
                // Each row causes the next.
                try await tx.execute("INSERT INTO t SELECT max(id) + 1 FROM t")
            }
            try await effects.withWorker([loop]) {
                try await effects.fixture.psql("INSERT INTO t VALUES (1)")
                try await eventually("a dead letter") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery WHERE state = 'dead'")
                        == 1
                }
                #expect(try await effects.fixture.count("SELECT count(*) FROM t") == 17)
                let depths = try await effects.fixture.withConnection {
                    try await $0.texts(
                        "SELECT coalesce((context::json ->> 'depth'), '0') FROM heliograph.signal_log ORDER BY id")
                }
                #expect(depths == (0...16).map { "\($0)" })
                let error = try await effects.fixture.withConnection {
                    try await $0.texts("SELECT error FROM heliograph.attempt")
                }
                #expect(error.first?.hasPrefix("a loop of signals: 16 receivers' writes in a row") == true)
                // A person may have it go on once more.
                #expect(try await effects.fixture.heliograph(["dead-letters", "retry", "--all"]).status == 0)
                try await eventually("one more, and a dead letter again") {
                    try await effects.fixture.count(
                        "SELECT count(*) + (SELECT count(*) FROM t) FROM heliograph.delivery WHERE state = 'dead'")
                        == 19
                }
            }
        }
    }
}
