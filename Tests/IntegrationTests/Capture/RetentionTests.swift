import Heliograph
import HeliographTesting
import Testing

@Suite("Retention: the log's segments")
struct RetentionTests {
    private let retention = Retention()
    private let table = "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);"

    private func rotate(_ t: Captured) async throws {
        try await t.fixture.withConnection { try await $0.query("SELECT heliograph.rotate()") }
    }

    /// What became of the first segment.
    private func prune(_ t: Captured, olderThan age: Duration = .zero) async throws -> PruneOutcome {
        try await t.fixture.withConnection { connection in
            try #require(try await retention.prune(olderThan: age, on: connection).first)
        }
    }

    /// Waits for an outcome: transaction ids are the whole server's, so any test's open transaction may stand in the way.
    private func expect(_ t: Captured, _ reason: String?) async throws {
        try await eventually("segment 1: \(reason ?? "dropped")") {
            let outcome = try await prune(t)
            return outcome.reason == reason && outcome.isDropped == (reason == nil)
        }
    }

    private func segments(_ t: Captured) async throws -> [String] {
        try await t.fixture.withConnection { connection in
            try await connection.texts(
                "SELECT tableoid::regclass::text || ' ' || (instance ->> 'v') FROM heliograph.signal_log ORDER BY id")
        }
    }

    @Test("A session that has written before writes to the new segment, with all its plans; readers see no seam")
    func rotation() async throws {
        try await Captured.with(table) { t in
            try await t.fixture.withConnection { writer in
                for _ in 0..<8 { try await writer.query("INSERT INTO t (v) VALUES ('old')") }
                try await rotate(t)
                try await writer.query("INSERT INTO t (v) VALUES ('new')")
                // One that is open across it has one record in each.
                try await writer.query("BEGIN")
                try await writer.query("INSERT INTO t (v) VALUES ('before')")
                try await rotate(t)
                try await writer.query("INSERT INTO t (v) VALUES ('after')")
                try await writer.query("COMMIT")
            }
            let found = try await segments(t)
            #expect(found.filter { $0 == "heliograph.signal_log_1 old" }.count == 8)
            #expect(
                found.suffix(3) == [
                    "heliograph.signal_log_2 new", "heliograph.signal_log_2 before", "heliograph.signal_log_3 after",
                ])
            // What is attached later goes there, too, and a refresh does not go back.
            try await t.write("CREATE TABLE u (id int PRIMARY KEY, v text)")
            try await t.fixture.withConnection { connection in
                for name in ["u", "t"] { try await Attachments().attach(name, on: connection) }
            }
            try await t.write("INSERT INTO u VALUES (1, 'u'); INSERT INTO t (v) VALUES ('t')")
            #expect(try await segments(t).suffix(2) == ["heliograph.signal_log_3 u", "heliograph.signal_log_3 t"])
        }
    }

    @Test("What a subscription has not read stays; what it has read goes")
    func subscription() async throws {
        try await Captured.with(table) { t in
            try await t.fixture.withConnection { connection in
                try await connection.query(
                    "SELECT heliograph.register_subscription('slow', 1, '{}', 2, 'now')")
                try await t.write("INSERT INTO t (v) VALUES ('a')")
                try await rotate(t)
                try await expect(t, "subscription slow has not read all of it")
                // One lane moves on, the other stays: it stays.
                try await connection.query("SELECT heliograph.record_tick(pg_current_snapshot())")
                func advance(_ lane: Int16) async throws {
                    try await connection.query(
                        """
                        SELECT heliograph.advance((SELECT id FROM heliograph.subscription), ARRAY[\(lane)]::int2[], ARRAY[1]::int8[], 1,
                            (SELECT max(id) FROM heliograph.tick), NULL, 0)
                        """
                    )
                }
                try await advance(0)
                try await expect(t, "subscription slow has not read all of it")
                try await advance(1)
                try await expect(t, nil)
                #expect(try await segments(t).isEmpty)
                try await t.write("INSERT INTO t (v) VALUES ('b')")
                #expect(try await segments(t) == ["heliograph.signal_log_2 b"])
            }
        }
    }

    @Test("Whoever wrote to a segment, or may still, holds it: also one that is prepared; nobody waits")
    func openTransactions() async throws {
        try await Captured.with(table, AttachOptions(ringsBell: false)) { t in
            try await t.fixture.withConnection { writer in
                try await writer.query("BEGIN")
                try await writer.query("INSERT INTO t (v) VALUES ('late')")
                try await rotate(t)
                #expect(try await !prune(t).isDropped)
                try await writer.query("PREPARE TRANSACTION 'p'")
                #expect(try await prune(t).reason == "a transaction that may write to it is still open")
                try await writer.query("COMMIT PREPARED 'p'")
                // It was invisible all the time: whoever only looked at what can be seen would have dropped it.
                #expect(try await segments(t) == ["heliograph.signal_log_1 late"])
                #expect(try await prune(t, olderThan: .seconds(3_600)).reason == "it is not old enough")
                try await t.fixture.withConnection { reader in
                    try await reader.query("BEGIN")
                    try await reader.query("SELECT FROM heliograph.signal_log")
                    try await expect(t, "it is being read")
                    try await reader.query("COMMIT")
                }
                try await expect(t, nil)
            }
        }
    }

    @Test("A statement that has not written yet, but will, holds the segment: it may know the old text")
    func withoutID() async throws {
        try await Captured.with(table) { t in
            try await t.write("INSERT INTO t (v) VALUES ('a')")
            try await t.fixture.withConnection { writer in
                try await writer.query("BEGIN")
                try await writer.query("SELECT 1")
                try await rotate(t)
                try await expect(t, "a transaction that may write to it is still open")
                try await writer.query("COMMIT")
                try await expect(t, nil)
            }
        }
    }

    @Test(
        "A transaction that was open when the places were written holds the log no longer than it is open, also when all is quiet",
        .timeLimit(.minutes(10)))
    func quietLog() async throws {
        try await Effects.with { effects in
            let newest: SQL = "(SELECT max(xid) FROM heliograph.signal_log)"
            try await effects.fixture.withConnection { open in
                try await open.query("BEGIN")
                try await open.query("SELECT pg_current_xact_id()")
                try await effects.withWorker([Effects.subscription(lanes: 4)]) {
                    try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
                    try await effects.settled()
                    try await eventually("all places to be written behind the records") {
                        try await effects.fixture.count(
                            """
                            SELECT count(*) FROM heliograph.subscription AS s
                            CROSS JOIN LATERAL heliograph.current_positions(s.id, '{0,1,2,3}') AS p
                            WHERE pg_snapshot_xmax(p.lo_snapshot) > \(newest) AND p.hi IS NULL
                            """) == 4
                    }
                    #expect(
                        try await effects.fixture.count(
                            "SELECT count(*) FROM heliograph.needed_xid() WHERE needed > \(newest)") == 0)
                    try await open.query("COMMIT")
                    try await eventually("the places to pass it") {
                        try await effects.fixture.count(
                            "SELECT count(*) FROM heliograph.needed_xid() WHERE needed > \(newest)") == 1
                    }
                }
            }
        }
    }

    @Test("Writers go on, and lose nothing, while segments come and go", .timeLimit(.minutes(10)))
    func load() async throws {
        try await Captured.with(table) { t in
            let isOver = Flag()
            let seen = Locked<Set<Int64>>([])
            let bell = Bell(t.fixture.configuration, logger: t.fixture.logger)
            try await t.fixture.withPool { pool in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<3 {
                        group.addTask {
                            try await t.fixture.withConnection { connection in
                                for _ in 0..<300 { try await connection.query("INSERT INTO t (v) VALUES ('x')") }
                            }
                        }
                    }
                    group.addTask {
                        try await t.fixture.withConnection { connection in
                            for _ in 0..<10 {
                                try await connection.query("SELECT heliograph.rotate()")
                                try await connection.query("SELECT pg_sleep(0.05)")
                            }
                        }
                    }
                    group.addTask {
                        let visitor = Visitor(t.fixture, pool: pool, bell: bell)
                        try await visitor.visit(batchSize: 50, until: isOver)
                        let ids = await visitor.records.map(\.id)
                        #expect(Set(ids).count == ids.count)
                        seen.change { $0 = Set(ids) }
                    }
                    for _ in 0..<4 { try await group.next() }
                    isOver.set()
                    try await group.waitForAll()
                }
            }
            #expect(seen.value.count == 900)
            #expect(try await t.fixture.count("SELECT count(*) FROM t") == 900)
        }
    }

    @Test("On the command line: what was dropped, what was kept and why")
    func command() async throws {
        try await Captured.with(table) { t in
            try await t.write("INSERT INTO t (v) VALUES ('a')")
            let nothing = try await t.fixture.heliograph(["prune"])
            #expect(nothing.status == 0)
            #expect(nothing.lines == ["there is no closed segment"])
            try await eventually("the segment to be dropped") {
                let outcome = try await t.fixture.heliograph(["prune", "--older-than", "0s", "--json"])
                #expect(outcome.status == 0)
                #expect(outcome.lines.count == 1)
                #expect(outcome.lines.first?.contains(#""segment":1,"#) == true)
                return outcome.lines.first?.contains(#""dropped":true,"reason":null"#) == true
            }
            let wrong = try await t.fixture.heliograph(["prune", "--older-than", "a week"])
            #expect(wrong.status == 2)
        }
    }
}
