import Heliograph
import HeliographTesting
import Testing

/// What happens around capture is no writer's concern: it commits, and nothing of it is lost. Each test is a line of
/// docs/capture.md, "What happens to writers".
@Suite("Capture: writers do not fail because of it")
struct NeverFailTests {
    private let table = "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);"

    private func recorded(_ t: Captured) async throws -> Int {
        try await t.fixture.count("SELECT count(*) FROM heliograph.signal_log")
    }

    /// Waits until all closed segments are dropped, while the log moves on: the place that a worker has noted may be from a moment
    /// when other tests' transactions were open.
    private func segmentsGo(_ effects: Effects) async throws {
        var id: Int64 = 1_000_000
        var reasons: [String?] = []
        do {
            try await eventually(
                "the segments to go, which have been read", within: .seconds(60), every: .milliseconds(100)
            ) {
                try await effects.fixture.withConnection { connection in
                    id += 1
                    try await connection.query("INSERT INTO t VALUES (\(id))")
                    reasons = try await Retention().prune(olderThan: .zero, on: connection).map(\.reason)
                }
                return reasons.allSatisfy { $0 == nil }
            }
        } catch let error as NotInTime {
            Issue.record("\(error): \(reasons)")
        }
    }

    /// From PostgreSQL 17 on the queue can be made so small that a test fills it; before, it takes 8 GB.
    private static var hasSmallQueue: Bool {
        get async { (Int((try? await LocalCluster.shared.psql("SHOW server_version_num")) ?? "") ?? 0) >= 170_000 }
    }

    @Test(
        "The queue of notifications is full, because somebody who listens does not read", .timeLimit(.minutes(10)),
        .enabled("max_notify_queue_pages") { await hasSmallQueue })
    func fullQueue() async throws {
        try await Fixture.onOwnServer(.log, settings: ["max_notify_queue_pages": "64"]) { fixture in
            let t = Captured(fixture: fixture)
            try await t.write(table)
            try await fixture.withConnection { try await Attachments().attach("t", on: $0) }
            try await fixture.withConnection { stuck in
                try await stuck.query("LISTEN other")
                try await stuck.query("BEGIN")
                try await stuck.query("SELECT 1")
                func fill(to usage: String) async throws {
                    try await fixture.withConnection { connection in
                        let isFuller: SQL = "SELECT (pg_notification_queue_usage() > \(unsafe: usage))::int::int8"
                        while try await connection.number(isFuller) == 0 {
                            try await connection.query("SELECT pg_notify('other', repeat('x', 7000) || random())")
                        }
                    }
                }
                try await fill(to: "0.5")
                try await t.write("INSERT INTO t (v) SELECT 'half full' FROM generate_series(1, 10)")
                let error = await #expect(throws: PostgresError.self) { try await fill(to: "1") }
                #expect(error?.message.contains("too many notifications") == true, "it is full")
                try await t.write("INSERT INTO t (v) VALUES ('full')")
                await #expect(throws: LocalClusterError.self) { try await t.write("NOTIFY other") }
                // The bell is silent; a reader looks by itself.
                try await fixture.withPool(maximum: 1) { pool in
                    let bell = Bell(fixture.configuration, logger: fixture.logger)
                    let follower = LogFollower(
                        pool: pool, bell: bell, pollInterval: .milliseconds(20), logger: fixture.logger)
                    var found = 0
                    for try await event in follower.events(from: .beginning) {
                        guard case .record = event else { continue }
                        found += 1
                        if found == 11 { try await t.write("INSERT INTO t (v) VALUES ('later')") }
                        if found == 12 { break }
                    }
                }
                try await stuck.query("COMMIT")
            }
            try await fixture.withConnection { listener in
                try await listener.query("LISTEN heliograph")
                try await t.write("INSERT INTO t (v) VALUES ('after')")
                #expect(try await listener.nextNotifications(within: .seconds(30)).count == 1, "the bell is back")
            }
        }
    }

    @Test(
        "No worker for thousands of commits and several segments: then one does all of it, once",
        .timeLimit(.minutes(10)))
    func workerAway() async throws {
        try await Effects.with { effects in
            let subscription = Effects.subscription()
            try await effects.withWorker([subscription]) { try await effects.held(lanes: 8) }
            try await effects.fixture.withConnection { connection in
                for segment in 0..<4 {
                    for part in 0..<5 {
                        let first = Int64(segment * 500 + part * 100)
                        try await connection.pipeline(
                            (first..<first + 100).flatMap { id -> [SQL] in
                                [
                                    "BEGIN", "INSERT INTO t VALUES (\(id))",
                                    "UPDATE t SET v = v + 1 WHERE id = \(id / 2)",
                                    id % 10 == 3 ? "ROLLBACK" : "COMMIT",
                                ]
                            })
                    }
                    #expect(try await Retention().rotate(.init(age: .zero), on: connection) == segment + 2)
                    // Nothing of it goes: it is still to be read.
                    for outcome in try await Retention().prune(olderThan: .zero, on: connection) {
                        #expect(!outcome.isDropped, "segment \(outcome.segment)")
                    }
                }
            }
            try await effects.withWorker([subscription]) {
                try await effects.settled()
                try await segmentsGo(effects)
                try await effects.settled()
            }
            try await effects.expect(faults: [])
            #expect(try await effects.fixture.count("SELECT count(*) FROM effect") > 3_000)
        }
    }

    @Test(
        "Somebody has dropped the segment that is written to, or taken the right away: nothing is written without a record"
    )
    func noSegment() async throws {
        try await Captured.with(table) { t in
            for (harm, word) in [
                ("DROP TABLE heliograph.signal_log_1", "heliograph.signal_log_1"),
                ("REVOKE INSERT ON heliograph.signal_log_2 FROM heliograph_capture", "signal_log_2"),
            ] {
                try await t.write("INSERT INTO t (v) VALUES ('before'); \(harm);")
                let error = await #expect(throws: LocalClusterError.self) {
                    try await t.write("INSERT INTO t (v) VALUES ('refused')")
                }
                #expect(error?.message.contains(word) == true)
                // What the page says: a new segment mends it, also for sessions that have met the old one.
                try await t.write("SELECT heliograph.rotate(); INSERT INTO t (v) VALUES ('after')")
            }
            #expect(try await t.fixture.count("SELECT count(*) FROM t WHERE v = 'refused'") == 0)
            #expect(
                try await t.fixture.count("SELECT count(*) FROM heliograph.signal_log WHERE instance ->> 'v' = 'after'")
                    == 2)
        }
    }

    @Test(
        "The role that owns the schema may no longer log in, and has lost its rights; roles cannot be dropped by mistake"
    )
    func owner() async throws {
        let role = "keeper_" + String(UInt32.random(in: .min ... .max), radix: 36)
        try await Fixture.with { fixture in
            try await fixture.withConnection { try await Migrator().migrate(on: $0) }
            try await fixture.psql(
                """
                DROP SCHEMA heliograph CASCADE;
                CREATE ROLE \(role) LOGIN; GRANT heliograph_capture TO \(role);
                GRANT CREATE ON DATABASE "\(fixture.database.name)" TO \(role); GRANT CREATE ON SCHEMA public TO \(role);
                """
            )
            let keeper = ConnectionConfiguration(
                "host=\(fixture.cluster.path) user=\(role) dbname=\(fixture.database.name)")
            try await Connection.with(keeper, logger: fixture.logger) { connection in
                try await Migrator().migrate(on: connection)
                try await connection.query("CREATE TABLE t (id int PRIMARY KEY, at timestamptz)")
                try await Attachments().attach("t", on: connection)
            }
            let t = Captured(fixture: fixture)
            try await t.write("ALTER ROLE \(role) NOLOGIN; REVOKE heliograph_capture FROM \(role);")
            try await t.write("REVOKE ALL ON SCHEMA public FROM PUBLIC, \(role);")
            try await t.write(
                """
                SET TimeZone = 'Asia/Kathmandu';
                INSERT INTO t VALUES (1, now()); UPDATE t SET id = 2; ALTER TABLE t ADD m money; UPDATE t SET m = 1;
                """
            )
            #expect(try await recorded(t) == 4)
            for name in [role, "heliograph_capture"] {
                let error = await #expect(throws: LocalClusterError.self) { try await t.write("DROP ROLE \(name)") }
                #expect(error?.message.contains("depend on it") == true)
            }
            try await t.write("DELETE FROM t")
            #expect(try await recorded(t) == 5)
            try await t.write("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role);")
        }
    }

    @Test("Impatient writers while segments come and go and tables are attached again", .timeLimit(.minutes(10)))
    func impatient() async throws {
        try await Effects.with { effects in
            let isOver = Flag()
            try await effects.withWorker([Effects.subscription()]) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<4 {
                        group.addTask {
                            try await effects.fixture.withConnection { connection in
                                try await connection.query("SET lock_timeout = '300ms'")
                                try await connection.query("SET statement_timeout = '10s'")
                                for step in 0..<150 {
                                    let id = Int64(writer * 1_000 + step)
                                    try await connection.query("INSERT INTO t VALUES (\(id))")
                                    try await connection.query("UPDATE t SET v = v + 1 WHERE id = \(id)")
                                }
                            }
                        }
                    }
                    group.addTask {
                        try await effects.fixture.withConnection { connection in
                            while !isOver.isSet {
                                try await connection.query("SELECT heliograph.rotate()")
                                try await Attachments().attach("t", on: connection)
                                _ = try await Retention().prune(olderThan: .zero, on: connection)
                            }
                        }
                    }
                    for _ in 0..<4 { try await group.next() }
                    isOver.set()
                    try await group.waitForAll()
                }
                try await effects.settled()
                try await segmentsGo(effects)
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }

    @Test("A rotation or a refresh that is not committed yet holds no writer up")
    func openRotation() async throws {
        try await Captured.with(table) { t in
            for statement in ["SELECT heliograph.rotate()", "SELECT heliograph.attach('t')"] as [SQL] {
                try await t.fixture.withConnection { open in
                    try await open.query("BEGIN")
                    try await open.query(statement)
                    try await t.write(
                        "SET lock_timeout = '1s'; INSERT INTO t (v) VALUES ('a'); UPDATE t SET v = 'b'; DELETE FROM t")
                    try await open.query("COMMIT")
                }
                try await t.write("INSERT INTO t (v) VALUES ('c'); DELETE FROM t;")
            }
            #expect(try await recorded(t) == 10)
        }
    }

    /// A writer that has written to the last table comes to the first while the second is still in use.
    @Test(
        "Several tables attached at once: a writer who is in the way is not chosen as a deadlock's victim",
        .timeLimit(.minutes(10)))
    func attachWithoutDeadlock() async throws {
        let tables =
            "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY);"
        try await Captured.with(tables, attaching: []) { t in
            // Where attach waits for nobody while it holds a table, nobody waits for it either.
            func waiting(for table: String) async {
                try? await eventually("somebody to wait for \(table)", within: .seconds(1)) {
                    try await t.fixture.count(
                        """
                        SELECT count(*) FROM pg_locks WHERE relation = \(table)::regclass AND NOT granted
                            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        """
                    ) > 0
                }
            }
            do {
                try await t.fixture.withConnection { other in
                    try await t.fixture.withConnection { writer in
                        try await other.query("BEGIN")
                        try await other.query("INSERT INTO b VALUES (1)")
                        try await writer.query("BEGIN")
                        try await writer.query("INSERT INTO c VALUES (1)")
                        async let attached = t.fixture.heliograph(["attach", "a", "b", "c"])
                        await waiting(for: "b")
                        async let written = writer.query("INSERT INTO a VALUES (1)")
                        await waiting(for: "a")
                        try await other.query("COMMIT")
                        _ = try await written
                        try await writer.query("COMMIT")
                        #expect(try await attached.status == 0)
                    }
                }
            }
        }
    }

    @Test("Sessions that throw away what they have, and that are set to odd things")
    func oddSessions() async throws {
        let settings = """
            SET plpgsql.extra_errors = 'all'; SET plpgsql.extra_warnings = 'all'; SET plpgsql.variable_conflict = 'use_variable';
            SET plpgsql.print_strict_params = on; SET backslash_quote = off; SET standard_conforming_strings = off;
            SET row_security = off; SET track_functions = 'all'; SET client_encoding = 'LATIN1'; SET max_stack_depth = '100kB';
            SET heliograph.context = 'not "json'; SET default_transaction_isolation = 'serializable'; SET work_mem = '64kB';
            SET default_toast_compression = 'pglz'; SET synchronous_commit = off;
            """
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, v text, m money, at timestamptz);") { t in
            let changes =
                "INSERT INTO t VALUES (1, 'größe', 1, now()); UPDATE t SET v = 'b'; UPDATE t SET id = 2; DELETE FROM t;"
            for discard in ["ALL", "PLANS", "TEMP", "SEQUENCES"] {
                try await t.write("\(changes) DISCARD \(discard); \(changes)")
            }
            try await t.write("\(changes) DEALLOCATE ALL; RESET ALL; \(changes)")
            try await t.write("\(settings) \(changes) \(changes) TRUNCATE t; DISCARD ALL; \(changes)")
            #expect(try await recorded(t) == 13 * 5 + 1)
        }
    }

    @Test("Rows of 50 MB of text, of bytes, and of text that JSON must escape", .timeLimit(.minutes(10)))
    func largeRows() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, v text, b bytea);") { t in
            try await t.write(
                #"""
                INSERT INTO t VALUES (1, repeat('größe "x" ', 4500000));
                UPDATE t SET v = NULL, b = decode(repeat('00ff', 25000000), 'hex');
                UPDATE t SET v = repeat(E'\x01', 20000000), b = NULL;
                DELETE FROM t;
                """#
            )
            let sizes = try await t.fixture.withConnection {
                try await $0.texts(
                    "SELECT operation || octet_length(instance::text) / 1000000 || '/' || coalesce(octet_length(previous::text), 0) / 1000000 FROM heliograph.signal_log ORDER BY id"
                )
            }
            #expect(sizes == ["insert63/0", "update100/63", "update120/100", "delete120/0"])
        }
    }
}
