import Heliograph
import HeliographTesting
import Testing

/// A subscription that begins with the rows there are: each once, with neither gap nor double to what is written meanwhile.
@Suite("Worker: backfill")
struct BackfillTests {
    private static let sources: [RecordFilter.Source] = [
        .init(sender: "public.t", operations: [.insert, .update, .delete])
    ]

    /// Effects that say what was received.
    private func subscription(
        _ name: String = "effects", lanes: Int = 8, retry: RetryPolicy = .init(maximumAttempts: 1_000_000),
        before: @escaping @Sendable (Record) throws -> Void = { _ in }
    ) -> Subscription {
        Subscription(name, sources: Self.sources, lanes: lanes, start: .backfill, retry: retry) { record, tx in
            try before(record)
            let row = try JSONValue(parsing: record.instance ?? "null")
            let (key, v) = (try Int64(json: row["id"] ?? .null), try Int32(json: row["v"] ?? .null))
            let kind = record.isBackfill ? "backfill" : record.operation.rawValue
            try await tx.execute(
                "INSERT INTO seen (key, v, kind, record) VALUES (\(key), \(v), \(kind), \(record.id))")
        }
    }

    private func with(_ body: (Effects) async throws -> Void) async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql(
                "CREATE TABLE seen (number bigserial, key bigint NOT NULL, v int NOT NULL, kind text NOT NULL, record bigint NOT NULL)"
            )
            try await body(effects)
        }
    }

    /// What is wrong: each row's story, as it was received, must lead without a step left out or repeated to what the row is. Rows count
    /// their changes in `v`.
    private func faults(_ effects: Effects) async throws -> [String] {
        try await effects.fixture.withConnection { connection in
            try await connection.texts(
                """
                WITH story AS (
                    SELECT *, lag(kind) OVER w AS former, lag(v) OVER w AS former_v, lead(kind) OVER w AS next
                    FROM seen WINDOW w AS (PARTITION BY key ORDER BY number)
                )
                SELECT concat_ws(' ', 'step', key, kind, v, 'after', former, former_v) FROM story
                WHERE NOT CASE kind
                    WHEN 'backfill' THEN former IS NULL
                    WHEN 'insert' THEN former IS NULL OR former = 'delete'
                    WHEN 'update' THEN former <> 'delete' AND v = former_v + 1
                    WHEN 'delete' THEN former <> 'delete' AND v = former_v
                    END IS TRUE
                UNION ALL
                SELECT concat_ws(' ', 'end', coalesce(last.key, t.id), last.kind, last.v, 'but', t.v)
                FROM (SELECT * FROM story WHERE next IS NULL) AS last
                FULL JOIN t ON t.id = last.key
                WHERE CASE WHEN t.id IS NULL THEN last.kind <> 'delete' ELSE last.kind = 'delete' OR last.v <> t.v END IS NOT FALSE
                ORDER BY 1 LIMIT 20
                """)
        }
    }

    private func settled(_ effects: Effects) async throws {
        try await eventually("the backfill to begin and to end") {
            try await effects.fixture.count(
                """
                SELECT abs(count(*) - 8) + count(p.frontier) FROM heliograph.subscription AS s
                CROSS JOIN heliograph.current_positions(s.id, ARRAY(SELECT generate_series(0, s.lanes - 1)::int2)) AS p
                """) == 0
        }
        do {
            try await eventually("all stories to be told to their ends") { try await faults(effects).isEmpty }
        } catch let error as NotInTime {
            throw Effects.NotSettled(
                error: error, faults: try await faults(effects), state: [], log: effects.fixture.log.lines)
        }
    }

    @Test("The rows there are, and then what comes", .timeLimit(.minutes(10)))
    func plain() async throws {
        try await with { effects in
            // Before the table was attached, in part.
            try await effects.fixture.psql(
                "INSERT INTO t SELECT generate_series(1, 300); UPDATE t SET v = 1 WHERE id < 10; DELETE FROM t WHERE id > 290"
            )
            var configuration = WorkerConfiguration.forTests
            configuration.batchSize = 40
            try await effects.withWorker([subscription()], configuration) {
                try await settled(effects)
                #expect(try await effects.fixture.count("SELECT count(*) FROM seen WHERE kind = 'backfill'") == 290)
                #expect(try await effects.fixture.count("SELECT count(*) FROM seen") == 290)
                try await effects.fixture.psql("UPDATE t SET v = v + 1; INSERT INTO t VALUES (1000)")
                try await eventually("what comes") {
                    try await effects.fixture.count("SELECT count(*) FROM seen WHERE kind <> 'backfill'") == 291
                }
            }
            #expect(try await faults(effects) == [])
        }
    }

    @Test(
        "Two workers whose sessions are killed, and writers who insert, change, move and delete",
        .timeLimit(.minutes(10)), arguments: [1, 2])
    func underFire(seed: UInt64) async throws {
        try await with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 1500)")
            var configuration = WorkerConfiguration.forTests
            configuration.batchSize = 50
            let isOver = Flag()
            try await effects.withWorker([subscription()], configuration, name: "victim") {
                try await effects.withWorker([subscription()], configuration, name: "victim") {
                    // The set-up is looked at once, at the start, and must find the server.
                    try await effects.held(lanes: 8)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for writer in 0..<3 {
                            group.addTask { try await write(effects, seed: seed * 10 + UInt64(writer), count: 250) }
                        }
                        group.addTask {
                            try await effects.fixture.withConnection { connection in
                                while !isOver.isSet {
                                    try await connection.query(
                                        """
                                        SELECT pg_terminate_backend(pid) FROM (
                                            SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'
                                            AND datname = current_database() ORDER BY random() LIMIT 1) AS one
                                        """)
                                    try await connection.query("SELECT pg_sleep(0.15)")
                                }
                            }
                        }
                        for _ in 0..<3 { try await group.next() }
                        isOver.set()
                        try await group.waitForAll()
                    }
                    try await settled(effects)
                }
            }
            #expect(try await faults(effects) == [])
            #expect(try await effects.fixture.count("SELECT count(*) FROM seen WHERE kind = 'backfill'") > 0)
        }
    }

    private func write(_ effects: Effects, seed: UInt64, count: Int) async throws {
        var generator = SeededGenerator(seed: seed)
        func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        try await effects.fixture.withConnection { connection in
            for _ in 0..<count {
                let id = Int64(number(1...1_600))
                let other = Int64(number(1...1_600))
                let statement: SQL =
                    switch number(1...10) {
                    case 1...2: "INSERT INTO t VALUES (\(id)) ON CONFLICT DO NOTHING"
                    case 3...4: "DELETE FROM t WHERE id = \(id)"
                    // A move begins its story anew.
                    case 5:
                        "UPDATE t SET id = \(other) WHERE id = \(id) AND NOT EXISTS (SELECT FROM t WHERE id = \(other))"
                    default: "UPDATE t SET v = v + 1 WHERE id BETWEEN \(id) AND \(id + 2)"
                    }
                do {
                    try await connection.pipeline(["BEGIN", statement, number(1...6) == 1 ? "ROLLBACK" : "COMMIT"])
                } catch let error as PostgresError where error.code == .server {
                    await connection.rollBack()
                }
            }
        }
    }

    @Test("A row whose receiver fails is parked with what it was; those behind it wait", .timeLimit(.minutes(10)))
    func parked() async throws {
        try await with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 100)")
            let isBroken = Flag()
            isBroken.set()
            let subscription = subscription(retry: .init(maximumAttempts: 3)) { record in
                if record.key == #"{"id":7}"#, isBroken.isSet { throw CancellationError() }
            }
            try await effects.withWorker([subscription]) {
                try await eventually("the others") {
                    try await effects.fixture.count("SELECT count(*) FROM seen") == 99
                }
                try await eventually("a dead letter") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery WHERE state = 'dead'")
                        == 1
                }
                try await effects.fixture.psql("UPDATE t SET v = v + 1")
                try await eventually("the others' changes") {
                    try await effects.fixture.count("SELECT count(*) FROM seen") == 198
                }
                let shown = try await effects.fixture.heliograph(["dead-letters", "list", "--json"]).lines
                #expect(shown.first?.contains(#""id":7"#) == true, "\(shown)")
                isBroken.clear()
                #expect(try await effects.fixture.heliograph(["dead-letters", "retry", "--all"]).status == 0)
                try await settled(effects)
            }
            #expect(try await faults(effects) == [])
        }
    }

    @Test("Begun anew by a person while it runs", .timeLimit(.minutes(10)))
    func anew() async throws {
        try await with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 100)")
            try await effects.withWorker([subscription()]) {
                try await settled(effects)
                let said = try await effects.fixture.heliograph([
                    "subscriptions", "rewind", "effects", "--to", "backfill",
                ])
                #expect(said.lines == ["effects: begins anew with the rows that there are"], "\(said)")
                try await eventually("all rows once more") {
                    try await effects.fixture.count("SELECT count(*) FROM seen WHERE kind = 'backfill'") == 200
                }
            }
        }
    }

    @Test("Who hears of no created row cannot begin with those there are", .timeLimit(.minutes(10)))
    func declaration() async throws {
        let users = Subscription(
            "none", sources: [.init(sender: "public.t", operations: [.update])], start: .backfill
        ) { _, _ in }
        try await Effects.with { effects in
            await #expect(throws: WorkerError.self) { try await effects.withWorker([users]) {} }
        }
    }
}
