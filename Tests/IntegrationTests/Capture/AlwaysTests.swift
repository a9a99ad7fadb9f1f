import Heliograph
import HeliographTesting
import Testing

@Suite("Capture: row by row")
struct AlwaysTests {
    @Test("`always`: a restore is recorded; else it is not")
    func replica() async throws {
        let tables = "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY);"
        try await Captured.with(tables, AttachOptions(isAlways: true)) { t in
            try await t.write("SELECT heliograph.attach('u')")
            try await t.expect(
                """
                SET session_replication_role = replica;
                INSERT INTO t VALUES (1, 'a'); INSERT INTO u VALUES (1);
                UPDATE t SET v = 'b'; UPDATE t SET id = 2; DELETE FROM t; TRUNCATE t, u;
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"v":"a"}"#,
                    #"update {"id":1} changed {v} from {"v":"a"} {"id":1,"v":"b"}"#,
                    #"delete {"id":1} {"id":1,"v":"b"}"#, #"insert {"id":2} was {"id":1} {"id":2,"v":"b"}"#,
                    #"delete {"id":2} {"id":2,"v":"b"}"#, "truncate",
                ]
            )
            // And back.
            try await t.expect(
                "SELECT heliograph.attach('t'); SET session_replication_role = replica; INSERT INTO t VALUES (3)",
                gives: [])
            try await t.expect("INSERT INTO t VALUES (4)", gives: [#"insert {"id":4} {"id":4,"v":null}"#])
        }
    }

    @Test(
        "What a subscription of logical replication copies first and applies then is recorded once",
        .timeLimit(.minutes(10)))
    func logicalReplication() async throws {
        try await Fixture.onOwnServer(.log, settings: ["wal_level": "logical"]) { fixture in
            let table = "CREATE TABLE t (id int PRIMARY KEY, v text)"
            try await fixture.cluster.createDatabase("source")
            try await fixture.cluster.psql(
                """
                \(table); INSERT INTO t VALUES (1, 'first'), (2, 'first');
                CREATE PUBLICATION p FOR TABLE t;
                SELECT pg_create_logical_replication_slot('s', 'pgoutput');
                """, database: "source"
            )
            let source = fixture.cluster.connectionString(database: "source").replacing("'", with: "''")
            try await fixture.psql(
                """
                \(table); SELECT heliograph.attach('t', always => true);
                CREATE SUBSCRIPTION s CONNECTION '\(source)' PUBLICATION p WITH (create_slot = false, slot_name = 's');
                """
            )
            let recorded: SQL = "SELECT count(*) FROM heliograph.signal_log"
            try await eventually("recorded") { try await fixture.count(recorded) == 2 }
            try await fixture.cluster.psql(
                "UPDATE t SET v = 'then'; DELETE FROM t WHERE id = 1; TRUNCATE t; INSERT INTO t VALUES (9)",
                database: "source")
            try await eventually("recorded") { try await fixture.count(recorded) >= 7 }
            let found = try await Captured(fixture: fixture).records
            #expect(
                found.sorted().first?.hasPrefix("delete") == true && found.count == 7
                    && found.filter { $0.hasPrefix("insert") }.count == 3 && found.contains("truncate"), "\(found)")
            try await fixture.psql(
                "ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s")
        }
    }

    @Test("A table of which one foreign key deletes rows and another changes them: in the order in which that happened")
    func mixedCascades() async throws {
        let script = """
            CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);
            CREATE TABLE t (
                id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE, b int REFERENCES b ON DELETE SET NULL);
            INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1), (2);
            INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (3, NULL, 2);
            """
        try await Captured.with(script) { t in
            for statement in [
                "WITH gone AS (DELETE FROM a WHERE id = 1) DELETE FROM b WHERE id = 1",
                "WITH gone AS (DELETE FROM b WHERE id = 2) DELETE FROM a WHERE id = 2",
            ] {
                let found = try await t.records(of: statement)
                let last = Dictionary(found.map { ($0.split(separator: " ")[1], $0) }) { $1 }
                for (key, record) in last where key != #"{"id":3}"# { #expect(record.hasPrefix("delete"), "\(found)") }
                #expect(last.count == (statement.contains("2") ? 2 : 1))
            }
        }
    }

    @Test("A row larger than the table's limit: its key alone, and that it is so")
    func sizeLimit() async throws {
        let script = "CREATE TABLE t (id int PRIMARY KEY, v text, b bytea, j jsonb, a text[]);"
        try await Captured.with(script, AttachOptions(maximumRowSize: 10_000)) { t in
            try await t.expect(
                """
                INSERT INTO t VALUES (1, repeat('x', 1000)), (2, repeat('x', 2000));
                -- Compressed it is small.
                INSERT INTO t (id, a) VALUES (3, array_fill('y'::text, '{100000}'));
                UPDATE t SET v = 'z';
                UPDATE t SET id = 4 WHERE id = 3;
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"v":"xxx","b":null,"j":null,"a":null}"#, #"insert {"id":2}"#,
                    #"insert {"id":3}"#,
                    #"update {"id":1} changed {v} from {"v":"xxx"} {"id":1,"v":"z","b":null,"j":null,"a":null}"#,
                    #"update {"id":2} changed {v} {"id":2,"v":"z","b":null,"j":null,"a":null}"#,
                    #"update {"id":3} changed {v}"#, #"delete {"id":3}"#, #"insert {"id":4} was {"id":3}"#,
                ],
                matching: { $0.replacing(String(repeating: "x", count: 1_000), with: "xxx") }
            )
            let records = try await t.fixture.withConnection {
                try await LogReader().read(from: .beginning, limit: 10, on: $0).records
            }
            #expect(records.map(\.isTruncated) == [false, true, true, false, false, true, true, true])
            #expect(records[1].json.contains(#""truncated":true"#))
        }
    }
}
