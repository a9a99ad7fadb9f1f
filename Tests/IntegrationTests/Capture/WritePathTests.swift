import Heliograph
import Testing

/// Every way of writing gives the records that a program would expect of it.
@Suite("Capture: ways of writing")
struct WritePathTests {
    private static let table = "CREATE TABLE t (id int PRIMARY KEY, v text);"

    @Test("INSERT of one row and of several, COPY, INSERT … SELECT")
    func inserting() async throws {
        try await Captured.with(Self.table) { t in
            try await t.expect(
                """
                INSERT INTO t VALUES (1, 'a');
                INSERT INTO t VALUES (2, 'b'), (3, NULL);
                COPY t FROM STDIN;
                4\td
                \\.
                INSERT INTO t SELECT id + 10, v FROM t WHERE id = 1;
                INSERT INTO t SELECT * FROM t WHERE false;
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"v":"a"}"#, #"insert {"id":2} {"id":2,"v":"b"}"#,
                    #"insert {"id":3} {"id":3,"v":null}"#, #"insert {"id":4} {"id":4,"v":"d"}"#,
                    #"insert {"id":11} {"id":11,"v":"a"}"#,
                ]
            )
        }
    }

    @Test("UPDATE tells what changed and what it was; one that changes nothing is told as such")
    func updating() async throws {
        try await Captured.with(Self.table + "INSERT INTO t VALUES (1, 'a'), (2, NULL);") { t in
            try await t.expect(
                "UPDATE t SET v = 'x'; UPDATE t SET v = v WHERE id = 1; UPDATE t SET v = NULL WHERE id = 2;",
                gives: [
                    #"update {"id":1} changed {v} from {"v":"a"} {"id":1,"v":"x"}"#,
                    #"update {"id":2} changed {v} from {"v":null} {"id":2,"v":"x"}"#,
                    #"update {"id":1} changed {} from {} {"id":1,"v":"x"}"#,
                    #"update {"id":2} changed {v} from {"v":"x"} {"id":2,"v":null}"#,
                ]
            )
        }
    }

    @Test("UPDATE of a key is a deletion and a creation")
    func keys() async throws {
        try await Captured.with(
            "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c');"
        ) { t in
            try await t.expect(
                "UPDATE t SET id = 10 WHERE id = 1",
                gives: [
                    #"delete {"id":1} {"id":1,"v":"a"}"#, #"insert {"id":10} was {"id":1} {"id":10,"v":"a"}"#,
                ]
            )
        }
    }

    @Test("A statement that moves keys over each other: no row is gone that was just created")
    func shiftedKeys() async throws {
        let table =
            "CREATE TABLE t (id int NOT NULL, v text, CONSTRAINT t_key UNIQUE (id)); INSERT INTO t VALUES (3, 'c'), (2, 'b'), (1, 'a');"
        try await Captured.with(table) { t in
            // The order of the rows, which the unique index has allowed: no key is there twice at any moment.
            try await t.expect(
                "UPDATE t SET id = id + 1",
                gives: [
                    #"delete {"id":3} {"id":3,"v":"c"}"#, #"insert {"id":4} was {"id":3} {"id":4,"v":"c"}"#,
                    #"delete {"id":2} {"id":2,"v":"b"}"#, #"insert {"id":3} was {"id":2} {"id":3,"v":"b"}"#,
                    #"delete {"id":1} {"id":1,"v":"a"}"#, #"insert {"id":2} was {"id":1} {"id":2,"v":"a"}"#,
                ]
            )
        }
    }

    @Test("Keys that are swapped, where no index keeps them unique: all are deleted before one is created")
    func swappedKeys() async throws {
        let table = "CREATE TABLE t (id int NOT NULL, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b');"
        try await Captured.with(table, AttachOptions(keyColumns: ["id"])) { t in
            try await t.expect(
                "UPDATE t SET id = 3 - id",
                gives: [
                    #"delete {"id":1} {"id":1,"v":"a"}"#, #"delete {"id":2} {"id":2,"v":"b"}"#,
                    #"insert {"id":2} was {"id":1} {"id":2,"v":"a"}"#,
                    #"insert {"id":1} was {"id":2} {"id":1,"v":"b"}"#,
                ]
            )
        }
    }

    @Test("Two cascades that change one row's key one after the other leave the row that is there")
    func cascadesIntoKey() async throws {
        let tables = """
            CREATE TABLE p (id int PRIMARY KEY);
            CREATE TABLE t (
                a int REFERENCES p ON UPDATE CASCADE, b int REFERENCES p ON UPDATE CASCADE, PRIMARY KEY (a, b)
            );
            INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
            """
        try await Captured.with(tables) { t in
            let records = try await t.records(of: "UPDATE p SET id = 11")
            #expect(records.count == 4)
            #expect(records.last?.hasPrefix(#"insert {"a":11,"b":11}"#) == true)
            #expect(records.filter { $0.hasPrefix("insert") }.count == records.filter { $0.hasPrefix("delete") }.count)
            // What was created in between is deleted again, after that.
            let between = records.compactMap { $0.firstMatch(of: #/^insert (\{.*?\})/#)?.1 }.dropLast()
            for key in between {
                let created = records.firstIndex { $0.hasPrefix("insert \(key)") } ?? .max
                let deleted = records.firstIndex { $0.hasPrefix("delete \(key)") } ?? .min
                #expect(created < deleted, "\(records)")
            }
        }
    }

    @Test("ON CONFLICT DO UPDATE: the new rows as created, the others as updated; DO NOTHING: nothing")
    func upserting() async throws {
        try await Captured.with(Self.table + "INSERT INTO t VALUES (1, 'a');") { t in
            let records = try await t.records(
                of: """
                    INSERT INTO t VALUES (1, 'x'), (2, 'b') ON CONFLICT (id) DO UPDATE SET v = excluded.v;
                    INSERT INTO t VALUES (1, 'y') ON CONFLICT DO NOTHING;
                    """
            )
            #expect(
                Set(records) == [
                    #"update {"id":1} changed {v} from {"v":"a"} {"id":1,"v":"x"}"#,
                    #"insert {"id":2} {"id":2,"v":"b"}"#,
                ]
            )
            #expect(records.count == 2)
        }
    }

    @Test("DELETE and TRUNCATE")
    func deleting() async throws {
        try await Captured.with(Self.table + "INSERT INTO t VALUES (1, 'a'), (2, 'b');") { t in
            try await t.expect(
                "DELETE FROM t WHERE id = 2; DELETE FROM t WHERE id = 9",
                gives: [#"delete {"id":2} {"id":2,"v":"b"}"#]
            )
            try await t.expect(
                "TRUNCATE t",
                gives: ["truncate"]
            )
        }
    }

    @Test("MERGE and writable CTEs: each part under its own operation")
    func merging() async throws {
        try await Captured.with(Self.table + "INSERT INTO t VALUES (1, 'a'), (2, 'b');") { t in
            let merged = try await t.records(
                of: """
                    MERGE INTO t USING (VALUES (1, 'x'), (2, NULL), (3, 'c')) AS s (id, v) ON t.id = s.id
                    WHEN MATCHED AND s.v IS NULL THEN DELETE
                    WHEN MATCHED THEN UPDATE SET v = s.v
                    WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v);
                    """
            )
            #expect(
                merged.sorted() == [
                    #"delete {"id":2} {"id":2,"v":"b"}"#, #"insert {"id":3} {"id":3,"v":"c"}"#,
                    #"update {"id":1} changed {v} from {"v":"a"} {"id":1,"v":"x"}"#,
                ]
            )
            let cte = try await t.records(
                of: "WITH gone AS (DELETE FROM t WHERE id = 1 RETURNING *) INSERT INTO t SELECT id + 100, v FROM gone"
            )
            #expect(cte.sorted() == [#"delete {"id":1} {"id":1,"v":"x"}"#, #"insert {"id":101} {"id":101,"v":"x"}"#])
        }
    }

    @Test("Cascades of foreign keys: one record for each changed row, also with two keys to one parent")
    func cascades() async throws {
        let tables = """
            CREATE TABLE p (id int PRIMARY KEY);
            CREATE TABLE t (
                id int PRIMARY KEY,
                a int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE,
                b int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE
            );
            INSERT INTO p VALUES (1), (2);
            INSERT INTO t VALUES (1, 1, 2), (2, 1, 1);
            """
        try await Captured.with(tables) { t in
            let updated = try await t.records(of: "UPDATE p SET id = id + 10")
            // By the rows: the last record of each must be what the row is, and each step must begin where the last one ended.
            #expect(updated.last { $0.contains(#"{"id":1}"#) }?.hasSuffix(#"{"id":1,"a":11,"b":12}"#) == true)
            #expect(updated.last { $0.contains(#"{"id":2}"#) }?.hasSuffix(#"{"id":2,"a":11,"b":11}"#) == true)
            #expect(updated.allSatisfy { $0.hasPrefix("update") && !$0.contains("changed {}") })
            #expect(updated.count == 4, "each of the four changed values belongs to one cascade")
            let deleted = try await t.records(of: "DELETE FROM p")
            #expect(
                deleted.sorted() == [
                    #"delete {"id":1} {"id":1,"a":11,"b":12}"#, #"delete {"id":2} {"id":2,"a":11,"b":11}"#,
                ]
            )
        }
    }

    @Test("What other triggers and functions write, and what is rolled back")
    func triggersAndRollback() async throws {
        let tables = """
            CREATE TABLE source (id int PRIMARY KEY);
            CREATE TABLE t (id int PRIMARY KEY, v text);
            CREATE FUNCTION copied() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO t VALUES (NEW.id, 'copied'); RETURN NEW; END $$;
            CREATE TRIGGER copied AFTER INSERT ON source FOR EACH ROW EXECUTE FUNCTION copied();
            """
        try await Captured.with(tables) { t in
            try await t.expect(
                """
                INSERT INTO source VALUES (1);
                BEGIN; INSERT INTO source VALUES (2); ROLLBACK;
                BEGIN; SAVEPOINT a; INSERT INTO t VALUES (3, 'undone'); ROLLBACK TO a; INSERT INTO t VALUES (4, 'kept'); COMMIT;
                DO $$ BEGIN
                    INSERT INTO t VALUES (5, 'x');
                    BEGIN INSERT INTO t VALUES (5, 'y'); EXCEPTION WHEN unique_violation THEN NULL; END;
                END $$;
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"v":"copied"}"#, #"insert {"id":4} {"id":4,"v":"kept"}"#,
                    #"insert {"id":5} {"id":5,"v":"x"}"#,
                ]
            )
        }
    }

    @Test("A restore (session_replication_role = replica) is not mirrored")
    func restore() async throws {
        try await Captured.with(Self.table) { t in
            try await t.expect("SET session_replication_role = replica; INSERT INTO t VALUES (1, 'a')", gives: [])
        }
    }

    @Test("The plan made for one row serves 20,000 as well: rows are paired by a full join", .timeLimit(.minutes(10)))
    func planReuse() async throws {
        try await Captured.with(Self.table + "INSERT INTO t SELECT g, 'a' FROM generate_series(1, 20000) AS g;") { t in
            try await t.write(
                """
                SET statement_timeout = '30s';
                \((1...8).map { "UPDATE t SET v = 'b' WHERE id = \($0);" }.joined(separator: "\n"))
                UPDATE t SET v = 'c';
                """
            )
            #expect(
                try await t.fixture.count("SELECT count(*) FROM heliograph.signal_log WHERE operation = 'update'")
                    == 20_008)
        }
    }

    @Test("Only the chosen operations, and never the excluded columns")
    func options() async throws {
        let table = "CREATE TABLE t (id int PRIMARY KEY, v text, secret text);"
        let options = AttachOptions(excludedColumns: ["secret"], operations: [.insert, .update])
        try await Captured.with(table, options) { t in
            try await t.expect(
                """
                INSERT INTO t VALUES (1, 'a', 'hush');
                UPDATE t SET secret = 'still';
                UPDATE t SET v = 'b', secret = 'more';
                DELETE FROM t; TRUNCATE t;
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"v":"a"}"#, #"update {"id":1} changed {} from {} {"id":1,"v":"a"}"#,
                    #"update {"id":1} changed {v} from {"v":"a"} {"id":1,"v":"b"}"#,
                ]
            )
        }
    }
}
