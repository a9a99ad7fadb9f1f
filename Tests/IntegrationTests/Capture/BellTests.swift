import Heliograph
import HeliographTesting
import Testing

@Suite("Capture: the bell and the context")
struct BellTests {
    /// Expects that a script rings so often, as a session that listens hears it.
    private func expect(
        _ script: String, rings count: Int, in t: Captured, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await t.fixture.withConnection { listener in
            try await listener.query("LISTEN heliograph")
            try await t.write(script)
            // The last one is ours: all before it have come by then.
            try await t.write("SELECT pg_notify('heliograph', 'end')")
            var heard: [Notification] = []
            while heard.last?.payload != "end" { heard += try await listener.nextNotifications() }
            #expect(heard.count - 1 == count, sourceLocation: sourceLocation)
        }
    }

    @Test("A commit that recorded something rings once, without a payload; nothing else does")
    func ringing() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, v text);") { t in
            try await expect(
                "INSERT INTO t VALUES (1, 'a'); UPDATE t SET v = 'b'; DELETE FROM t; TRUNCATE t", rings: 4, in: t)
            try await expect("BEGIN; INSERT INTO t VALUES (1, 'a'); UPDATE t SET v = 'b'; COMMIT", rings: 1, in: t)
            try await expect(
                "BEGIN; INSERT INTO t VALUES (2, 'a'); ROLLBACK; UPDATE t SET v = 'x' WHERE id = 99", rings: 0, in: t
            )
            // A bell of a savepoint that is rolled back is gone, so the next write must ring again.
            try await expect(
                "BEGIN; SAVEPOINT s; INSERT INTO t VALUES (3, 'a'); ROLLBACK TO s; INSERT INTO t VALUES (4, 'a'); COMMIT",
                rings: 1, in: t
            )
        }
    }

    @Test("While a pump looks after the log, writers do not ring; nor where it was attached so")
    func silence() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await expect("SELECT setval('heliograph.bell', 1); INSERT INTO t VALUES (1)", rings: 0, in: t)
            try await expect("SELECT setval('heliograph.bell', 0, false); INSERT INTO t VALUES (2)", rings: 1, in: t)
        }
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);", AttachOptions(ringsBell: false)) { t in
            try await expect("INSERT INTO t VALUES (1)", rings: 0, in: t)
            // And so it can be prepared, which a transaction that has notified cannot.
            try await t.expect(
                "BEGIN; INSERT INTO t VALUES (2); PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'",
                gives: [#"insert {"id":2} {"id":2}"#]
            )
        }
    }

    @Test("The context is the transaction's own, and ends with it")
    func context() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await t.write(
                """
                INSERT INTO t VALUES (1);
                BEGIN;
                SELECT heliograph.set_context(actor => 'ada "the" countess', request => 'r1', origin => 'psql');
                INSERT INTO t VALUES (2);
                COMMIT;
                INSERT INTO t VALUES (3);
                """
            )
            let contexts = try await t.fixture.withConnection {
                try await $0.texts("SELECT coalesce(nullif(context, ''), '-') FROM heliograph.signal_log ORDER BY id")
            }
            #expect(contexts == ["-", #"{"actor":"ada \"the\" countess","request":"r1","origin":"psql"}"#, "-"])
        }
    }
}
