import Bookshop
import Foundation
import Heliograph
import HeliographTesting
import Testing

/// Subscriptions inline, for tests and for programs that run now and then.
@Suite("Worker: drained")
struct DrainTests {
    private func worker(_ subscriptions: [Subscription], _ fixture: Fixture) -> Worker {
        Worker(subscriptions, database: fixture.configuration, configuration: .forTests, logger: fixture.logger)
    }

    @Test(
        "All that was committed is received when it returns, and what was sent can be asserted",
        .timeLimit(.minutes(10)))
    func bookshop() async throws {
        try await Fixture.with(.bookshop) { fixture in
            let bookshop = worker(BookshopSubscriptions.all, fixture)
            #expect(try await bookshop.drain().received("create-profile") == 0)
            let sent = try await committedRecords(in: fixture.configuration) {
                try await fixture.psql(
                    "INSERT INTO users (username, email) SELECT 'u' || n, n || '@x.org' FROM generate_series(1, 30) AS n; INSERT INTO books (title) VALUES ('Emma')"
                )
            }
            #expect(sent.count == 31 && sent.last?.sender == "public.books" && sent.allSatisfy(\.isCreated))
            let report = try await bookshop.drain()
            #expect(report.received("create-profile") == 30 && report.received("create-summary") == 1 && report.isClean)
            #expect(try await fixture.count("SELECT count(*) FROM profiles") == 30)
            #expect(try await bookshop.drain().received("create-profile") == 0)
        }
    }

    @Test("Also what receivers write for each other", .timeLimit(.minutes(10)))
    func chain() async throws {
        try await Effects.with { effects in
            let steps = Subscription(
                "steps", sources: [.init(sender: "public.t", operations: [.insert])], lanes: 4, start: .beginning
            ) { record, tx in
                let id = try Int64(json: try JSONValue(parsing: record.key ?? "null")["id"] ?? .null)
                if id < 9 { try await tx.execute("INSERT INTO t VALUES (\(id + 1))") }
            }
            try await effects.fixture.psql("INSERT INTO t VALUES (1)")
            let report = try await worker([steps, Effects.subscription()], effects.fixture).drain()
            #expect(report.received("steps") == 9 && report.received("effects") == 9)
            try await effects.expect(faults: [])
        }
    }

    @Test("What fails is parked and told; when everything fails it says so", .timeLimit(.minutes(10)))
    func failures() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
            let picky = Effects.subscription { record, _ in if record.key == #"{"id":7}"# { throw NoRow() } }
            let report = try await worker([picky], effects.fixture).drain()
            #expect(report.received("effects") == 19)
            #expect(report.subscriptions["effects"]?.parked == 1 && !report.isClean)
            let broken = Effects.subscription("broken", start: .beginning) { _, _ in throw NoRow() }
            let error = await #expect(throws: WorkerError.self) {
                try await worker([broken], effects.fixture).drain()
            }
            #expect(error?.message == "subscription broken: everything fails, whatever the record; last: NoRow()")
        }
    }

    @Test("Hooks may block: they run where no answers arrive", .timeLimit(.minutes(10)))
    func hooks() async throws {
        try await Effects.with { effects in
            let threads = Locked<[String]>([])
            let subscription = Effects.subscription { _, tx in
                try tx.afterCommit { threads.change { $0.append(threadName()) } }
            }
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 5)")
            try await worker([subscription], effects.fixture).drain()
            let there = await withTaskExecutorPreference(Connection.executor) { await answering() }
            #expect(!there.isEmpty && threads.value.count == 5 && !threads.value.contains(there), "\(there)")
        }
    }

    @Test("A backfill, too", .timeLimit(.minutes(10)))
    func backfill() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 2500)")
            let report = try await worker([Effects.subscription(start: .backfill)], effects.fixture).drain()
            #expect(report.received("effects") == 2_500)
            try await effects.expect(faults: [])
        }
    }
}

/// Names the thread that calls.
private func threadName() -> String { "\(pthread_self())" }

/// Names the thread on which answers arrive, if the task runs there.
private func answering() async -> String { threadName() }
