import Heliograph
import Testing

@Suite("Capture: shapes of tables")
struct TableShapeTests {
    @Test("Composite keys, in the key's order")
    func compositeKey() async throws {
        try await Captured.with("CREATE TABLE t (v text, b int, a text, PRIMARY KEY (a, b));") { t in
            try await t.expect(
                """
                INSERT INTO t VALUES ('x', 1, 'k');
                UPDATE t SET b = 2;
                """,
                gives: [
                    #"insert {"a":"k","b":1} {"v":"x","b":1,"a":"k"}"#,
                    #"delete {"a":"k","b":1} {"v":"x","b":1,"a":"k"}"#,
                    #"insert {"a":"k","b":2} was {"a":"k","b":1} {"v":"x","b":2,"a":"k"}"#,
                ]
            )
        }
    }

    @Test("Names that need quotes, in schemas that need quotes, not in ASCII")
    func quotedNames() async throws {
        let script = #"""
            CREATE SCHEMA "My ""Shop""";
            CREATE TABLE "My ""Shop"""."größe ' $capture$" ("Ключ" int PRIMARY KEY, "a""b" text, "select" text, "x y\z" text);
            """#
        let table = #""My ""Shop"""."größe ' $capture$""#
        try await Captured.with(script, attaching: [table]) { t in
            try await t.expect(
                "INSERT INTO \(table) VALUES (1, 'q', 's', 'b'); UPDATE \(table) SET \"a\"\"b\" = 'z'",
                gives: [
                    #"insert {"Ключ":1} {"Ключ":1,"a\"b":"q","select":"s","x y\\z":"b"}"#,
                    #"update {"Ключ":1} changed {"a\"b"} from {"a\"b":"q"} {"Ключ":1,"a\"b":"z","select":"s","x y\\z":"b"}"#,
                ]
            )
            let senders = try await t.fixture.withConnection {
                try await $0.texts("SELECT DISTINCT sender FROM heliograph.signal_log")
            }
            #expect(senders == [table])
        }
    }

    /// Names that stand for something in the capture functions' own statements.
    @Test("Columns called as our aliases, variables and transition tables are")
    func aliases() async throws {
        let names = [
            "t", "n", "o", "k", "p", "x", "f", "c", "s", "e", "ok", "oe", "ne", "id", "gone", "image", "v1", "o1", "n1",
            "k1",
            "d1", "oi", "ni", "__hg_n", "__hg_o", "logged", "missed", "settings", "former", "sender", "operation",
            "key",
            "instance", "previous", "changed", "lane_hash", "tg_op", "tg_relid", "new", "old", "value", "found",
        ]
        let columns = names.map { "\"\($0)\" int" }.joined(separator: ", ")
        let listed = names.map { "\"\($0)\"" }.joined(separator: ", ")
        let values = (1...names.count).map(String.init).joined(separator: ", ")
        let row = zip(names, 1...).map { "\"\($0)\":\($1)" }.joined(separator: ",")
        try await Captured.with("CREATE TABLE t (\(columns), PRIMARY KEY (\"n\", \"o\"));") { t in
            try await t.expect(
                "INSERT INTO t (\(listed)) VALUES (\(values)); DELETE FROM t",
                gives: [#"insert {"n":2,"o":3} {\#(row)}"#, #"delete {"n":2,"o":3} {\#(row)}"#]
            )
            let updated = try await t.records(
                of:
                    "INSERT INTO t (\(listed)) VALUES (\(values)); UPDATE t SET \"__hg_n\" = 0, \"k\" = 0; UPDATE t SET \"n\" = 99"
            )
            #expect(updated.count == 4)
            #expect(updated[1].hasPrefix(#"update {"n":2,"o":3} changed {k,__hg_n} from {"k":4,"__hg_n":24}"#))
            #expect(updated[3].hasPrefix(#"insert {"n":99,"o":3} was {"n":2,"o":3}"#))
        }
    }

    @Test("Generated and identity columns are recorded as they were stored")
    func generatedColumns() async throws {
        let table =
            "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED);"
        try await Captured.with(table) { t in
            try await t.expect(
                "INSERT INTO t (a) VALUES (1); UPDATE t SET a = 5",
                gives: [
                    #"insert {"id":1} {"id":1,"a":1,"b":2}"#,
                    #"update {"id":1} changed {a,b} from {"a":1,"b":2} {"id":1,"a":5,"b":10}"#,
                ]
            )
        }
    }

    @Test("Virtual generated columns, of PostgreSQL 18, are not stored and not recorded")
    func virtualColumns() async throws {
        guard try await Fixture.with(nil, { try await $0.withConnection { $0.serverVersion } }) >= 180_000 else {
            return
        }
        let table = "CREATE TABLE t (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL);"
        try await Captured.with(table) { t in
            try await t.expect(
                "INSERT INTO t (id, a) VALUES (1, 5); UPDATE t SET a = 6; ALTER TABLE t ADD c int GENERATED ALWAYS AS (a) VIRTUAL; DELETE FROM t",
                gives: [
                    #"insert {"id":1} {"id":1,"a":5}"#, #"update {"id":1} changed {a} from {"a":5} {"id":1,"a":6}"#,
                    #"delete {"id":1} {"id":1,"a":6}"#,
                ]
            )
        }
    }

    @Test("A table without a primary key, by a unique index, or by columns that are named")
    func otherKeys() async throws {
        let script = """
            CREATE TABLE t (a int, b int NOT NULL, c int NOT NULL);
            CREATE UNIQUE INDEX ON t (a);
            CREATE UNIQUE INDEX ON t (b) WHERE c > 0;
            CREATE UNIQUE INDEX ON t (c);
            CREATE TABLE named (a int NOT NULL, b int NOT NULL);
            """
        try await Captured.with(script) { t in
            try await t.expect("INSERT INTO t VALUES (1, 2, 3)", gives: [#"insert {"c":3} {"a":1,"b":2,"c":3}"#])
            try await t.fixture.withConnection { connection in
                try await Attachments().attach("named", AttachOptions(keyColumns: ["b", "a", "b"]), on: connection)
            }
            try await t.expect("INSERT INTO named VALUES (1, 2)", gives: [#"insert {"b":2,"a":1} {"a":1,"b":2}"#])
        }
    }

    @Test(
        "Equal keys have equal lanes, also where their texts differ; the lane fits 31 bits",
        arguments: [
            ("numeric", "1.0", "1.00"), ("float8", "0", "-0"), ("text", "'ä'", "'ä'"),
            ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "'a0eebc999c0b4ef8bb6d6bb9bd380a11'"),
            ("timestamptz", "'2026-01-01 00:00+00'", "'2026-01-01 01:00+01'"), ("bytea", "'\\x00ff'", "'\\x00FF'"),
            ("interval", "'1 day'", "'24 hours'"), ("int4[]", "'{1,2}'", "'{1, 2}'"), ("int8", "7", "7"),
        ]
    )
    func lanes(type: String, one: String, same: String) async throws {
        try await Captured.with("CREATE TABLE t (id \(type) PRIMARY KEY);") { t in
            try await t.write("INSERT INTO t VALUES (\(one)); DELETE FROM t; INSERT INTO t VALUES (\(same));")
            #expect(
                try await t.fixture.count(
                    "SELECT count(DISTINCT lane_hash) FROM heliograph.signal_log"
                ) == 1
            )
        }
    }

    @Test("Keys are dealt out evenly over the lanes")
    func evenLanes() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await t.write("INSERT INTO t SELECT generate_series(1, 3200)")
            let (fewest, most) = try await t.fixture.withConnection { connection in
                try await connection.query(
                    """
                    SELECT min(n), max(n) FROM (
                        SELECT heliograph.lane(lane_hash, 32), count(*) AS n FROM heliograph.signal_log GROUP BY 1) AS lanes
                    """
                ).first?.decode(as: (Int.self, Int.self)) ?? (0, 0)
            }
            #expect(fewest > 50 && most < 160, "\(fewest) to \(most) keys of 3200 in 32 lanes")
        }
    }
}
