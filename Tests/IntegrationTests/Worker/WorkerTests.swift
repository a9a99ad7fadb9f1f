import Heliograph
import HeliographTesting
import Synchronization
import Testing

@Suite("Worker")
struct WorkerTests {
    @Test(
        "What was written while no worker ran is done when one starts, and what comes then at once",
        .timeLimit(.minutes(10)))
    func catchesUp() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql(
                "INSERT INTO t SELECT generate_series(1, 1000); UPDATE t SET v = v + 1 WHERE id % 3 = 0")
            try await effects.withWorker([Effects.subscription()]) {
                try await effects.settled()
                try await effects.fixture.psql(
                    "INSERT INTO t SELECT generate_series(1001, 1100); UPDATE t SET v = v + 1")
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }

    @Test("The start `now` leaves out what was committed before", .timeLimit(.minutes(10)))
    func startNow() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t VALUES (1)")
            try await effects.withWorker([Effects.subscription(start: .now)]) {
                try await eventually("the subscription") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.subscription") == 1
                }
                try await effects.fixture.psql("INSERT INTO t VALUES (2)")
                try await eventually("the effect") {
                    try await effects.fixture.count("SELECT count(*) FROM effect") > 0
                }
            }
            try await effects.expect(faults: ["lost 1/0"])
        }
    }

    @Test(
        "A shutdown writes all positions and frees all lanes; the next worker does nothing twice",
        .timeLimit(.minutes(10)))
    func shutdown() async throws {
        try await Effects.with { effects in
            for round in 0..<3 {
                try await effects.withWorker([Effects.subscription()]) {
                    try await effects.fixture.psql(
                        "INSERT INTO t SELECT generate_series(\(round * 100), \(round * 100 + 99))")
                    try await effects.settled()
                }
                try await eventually("all locks to be free") {
                    try await effects.fixture.count(
                        """
                        SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = database
                        WHERE locktype = 'advisory' AND datname = current_database()
                        """
                    ) == 0
                }
            }
            try await effects.expect(faults: [])
        }
    }

    @Test("Several workers share the lanes evenly, and each row keeps its order", .timeLimit(.minutes(10)))
    func sharing() async throws {
        try await Effects.with { effects in
            let subscription = Effects.subscription(lanes: 8)
            try await effects.withWorker([subscription], name: "one") {
                try await effects.withWorker([subscription], name: "two") {
                    try await eventually("four lanes each") {
                        try await effects.fixture.withConnection { connection in
                            let status = try await StatusReader().read(on: connection)
                            return status.holders.map(\.lanes.count) == [4, 4]
                        }
                    }
                    for _ in 0..<20 {
                        try await effects.fixture.psql(
                            "INSERT INTO t SELECT generate_series(1, 50) ON CONFLICT (id) DO UPDATE SET v = t.v + 1"
                        )
                    }
                    try await effects.settled()
                }
                // The lanes of the one that left are taken over.
                try await effects.fixture.psql("UPDATE t SET v = v + 1")
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }

    @Test("Two subscriptions have places of their own", .timeLimit(.minutes(10)))
    func twoSubscriptions() async throws {
        try await Effects.with { effects in
            let seen = Mutex<[String: Int]>([:])
            let subscriptions = ["a", "b"].map { name in
                Subscription(name, sources: [.init(sender: "public.t", operations: [.insert])], start: .beginning) {
                    _, tx in
                    try tx.afterCommit { seen.withLock { $0[name, default: 0] += 1 } }
                }
            }
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 100)")
            try await effects.withWorker(subscriptions) {
                try await eventually("both to have seen all") { seen.withLock { $0 == ["a": 100, "b": 100] } }
            }
            #expect(seen.withLock { $0 } == ["a": 100, "b": 100])
        }
    }

    @Test("Another schema's name serves as well, from migration to effect", .timeLimit(.minutes(10)))
    func otherSchema() async throws {
        try await Fixture.with { fixture in
            let schema = try SchemaName("shop_log")
            try await fixture.psql(
                """
                CREATE TABLE t (id bigint PRIMARY KEY, v int NOT NULL DEFAULT 0);
                CREATE TABLE effect (number bigserial, key bigint NOT NULL, v int NOT NULL, record bigint NOT NULL);
                """
            )
            try await fixture.withConnection { connection in
                try await Migrator(schema: schema).migrate(on: connection)
                try await Attachments(schema: schema).attach("t", on: connection)
            }
            #expect(try await fixture.count("SELECT count(*) FROM pg_namespace WHERE nspname = 'heliograph'") == 0)
            let effects = Effects(fixture: fixture)
            var configuration = WorkerConfiguration.forTests
            configuration.schema = schema
            try await effects.withWorker([Effects.subscription()], configuration) {
                try await fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }
}
