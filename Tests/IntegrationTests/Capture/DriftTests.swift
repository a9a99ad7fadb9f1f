import Heliograph
import Testing

/// The table changes after it was attached: no writer fails, nothing is lost without a word.
@Suite("Capture: tables that change")
struct DriftTests {
    private static let table = "CREATE TABLE t (id int PRIMARY KEY, v text);"
    private static let mood = "CREATE TYPE mood AS ENUM ('happy');"

    @Test("Columns that are added, dropped, renamed, retyped: with the plans of a session that has written before")
    func columns() async throws {
        try await Captured.with(Self.table + Self.mood) { t in
            // One session from first to last: its kept plans meet each new shape.
            try await t.expect(
                """
                INSERT INTO t VALUES (1, 'a'); UPDATE t SET v = 'b';
                ALTER TABLE t ADD w int DEFAULT 7; INSERT INTO t VALUES (2, 'a', 8); UPDATE t SET w = 9 WHERE id = 2;
                ALTER TABLE t RENAME v TO u; UPDATE t SET u = 'c' WHERE id = 2;
                ALTER TABLE t ALTER w TYPE text; UPDATE t SET w = 'x' WHERE id = 2;
                ALTER TABLE t DROP u; INSERT INTO t VALUES (3, 'y');
                DELETE FROM t WHERE id > 1;
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"v":"a"}"#,
                    #"update {"id":1} changed {v} from {"v":"a"} {"id":1,"v":"b"}"#,
                    #"insert {"id":2} {"id":2,"v":"a","w":8}"#,
                    // A column that came after the attach is in the row; what changed in it is told after the next attach.
                    #"update {"id":2} changed {} from {} {"id":2,"v":"a","w":9}"#,
                    #"update {"id":2} changed {} from {} {"id":2,"u":"c","w":9}"#,
                    #"update {"id":2} changed {} from {} {"id":2,"u":"c","w":"x"}"#,
                    #"insert {"id":3} {"id":3,"w":"y"}"#,
                    #"delete {"id":2} {"id":2,"w":"x"}"#, #"delete {"id":3} {"id":3,"w":"y"}"#,
                ]
            )
        }
    }

    @Test("A column of a type that needs care, added later: recorded with care, by a slower way")
    func careNeeded() async throws {
        try await Captured.with(Self.table + Self.mood) { t in
            try await t.expect(
                """
                SET TimeZone = 'Asia/Kathmandu'; SET bytea_output = 'escape';
                INSERT INTO t VALUES (1, 'a');
                ALTER TABLE t ADD at timestamptz, ADD m mood, ADD b bytea;
                INSERT INTO t VALUES (2, 'b', '2026-01-02 00:00+00', 'happy', '\\x00');
                UPDATE t SET at = NULL WHERE id = 2;
                SHOW TimeZone; SHOW bytea_output;
                DELETE FROM t WHERE id = 2;
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"v":"a"}"#,
                    #"insert {"id":2} {"id":2,"v":"b","at":"2026-01-02T00:00:00+00:00","m":"happy","b":"\\x00"}"#,
                    #"update {"id":2} changed {at} from {"at":"2026-01-02T00:00:00+00:00"} "#
                        + #"{"id":2,"v":"b","at":null,"m":"happy","b":"\\x00"}"#,
                    #"delete {"id":2} {"id":2,"v":"b","at":null,"m":"happy","b":"\\x00"}"#,
                ]
            )
            let shown = try await t.fixture.psql(
                "SET TimeZone = 'Asia/Kathmandu'; INSERT INTO t VALUES (3, 'c', now(), 'happy', ''); SHOW TimeZone;"
            )
            #expect(shown.hasSuffix("Asia/Kathmandu"), "the writer's setting is its own again")
        }
    }

    @Test("A key column that is renamed or dropped: the row is recorded, the key is null, nobody fails")
    func keyColumn() async throws {
        try await Captured.with(Self.table) { t in
            try await t.expect(
                """
                INSERT INTO t VALUES (1, 'a');
                ALTER TABLE t RENAME id TO number; INSERT INTO t VALUES (2, 'b'); UPDATE t SET v = 'c' WHERE number = 2;
                DELETE FROM t WHERE number = 2;
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"v":"a"}"#, #"insert {"id":null} {"number":2,"v":"b"}"#,
                    #"update {"id":null} changed {v} from {"v":"b"} {"number":2,"v":"c"}"#,
                    #"delete {"id":null} {"number":2,"v":"c"}"#,
                ]
            )
            // Attached again, all is as it should be.
            try await t.fixture.withConnection { try await Attachments().attach("t", on: $0) }
            try await t.expect("INSERT INTO t VALUES (3, 'c')", gives: [#"insert {"number":3} {"number":3,"v":"c"}"#])
        }
    }

    @Test("A table that is renamed or moved keeps its sender")
    func renamedTable() async throws {
        try await Captured.with(Self.table + "CREATE SCHEMA other;") { t in
            try await t.write(
                "ALTER TABLE t RENAME TO u; ALTER TABLE u SET SCHEMA other; INSERT INTO other.u VALUES (1, 'a'); TRUNCATE other.u;"
            )
            let senders = try await t.fixture.withConnection {
                try await $0.texts("SELECT sender FROM heliograph.signal_log")
            }
            #expect(senders == ["public.t", "public.t"])
            // Another table of the old name can be captured, but not under a sender that is taken.
            try await t.write(Self.table)
            let error = await #expect(throws: LogError.self) {
                try await t.fixture.withConnection { try await Attachments().attach("t", on: $0) }
            }
            #expect(error?.code == .attachRefused)
        }
    }

    @Test("With columns left out, a renamed secret and a new column stay out: it fails closed")
    func excludedColumns() async throws {
        let table = "CREATE TABLE t (id int PRIMARY KEY, v text, secret text);"
        try await Captured.with(table, AttachOptions(excludedColumns: ["secret"])) { t in
            try await t.expect(
                """
                INSERT INTO t VALUES (1, 'a', 'hush');
                ALTER TABLE t RENAME secret TO plain; ALTER TABLE t ADD more text;
                INSERT INTO t VALUES (2, 'b', 'hush', 'hush');
                UPDATE t SET v = 'c', plain = 'hush2', more = 'hush2' WHERE id = 2;
                ALTER TABLE t RENAME v TO w;
                DELETE FROM t WHERE id = 2;
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"v":"a"}"#, #"insert {"id":2} {"id":2,"v":"b"}"#,
                    #"update {"id":2} changed {v} from {"v":"b"} {"id":2,"v":"c"}"#,
                    #"delete {"id":2} {"id":2,"v":null}"#,
                ]
            )
        }
    }

    @Test("An attribute added to a composite type, a value added to an enum")
    func typesThatChange() async throws {
        let script = Self.mood + "CREATE TYPE pair AS (a int); CREATE TABLE t (id int PRIMARY KEY, p pair, m mood);"
        try await Captured.with(script) { t in
            try await t.expect(
                """
                INSERT INTO t VALUES (1, '(1)', 'happy');
                ALTER TYPE pair ADD ATTRIBUTE at timestamptz;
                ALTER TYPE mood ADD VALUE 'new';
                SET TimeZone = 'Asia/Kathmandu';
                INSERT INTO t VALUES (2, '(1,2026-01-02 00:00+00)', 'new');
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"p":"(1)","m":"happy"}"#,
                    #"insert {"id":2} {"id":2,"p":"(1,\"2026-01-02 00:00:00+00\")","m":"new"}"#,
                ]
            )
        }
    }
}
