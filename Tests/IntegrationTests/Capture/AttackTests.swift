import Heliograph
import HeliographTesting
import Testing

/// What a table's owner, an odd name, an old snapshot or a hardened database could do to capture, found by attacking it.
@Suite("Capture: attacks and hard cases")
struct AttackTests {
    @Test("Attaching runs nothing of the owner's: not the checks of a domain, not a table's name")
    func attachRunsNothing() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql(
                """
                CREATE TABLE sprung (who text);
                CREATE FUNCTION spring(int) RETURNS boolean LANGUAGE plpgsql AS
                    $$ BEGIN INSERT INTO sprung VALUES (current_user); RETURN true; END $$;
                CREATE DOMAIN checked AS int CHECK (spring(VALUE));
                CREATE DOMAIN twice AS checked;
                CREATE TABLE t (id twice PRIMARY KEY);
                CREATE TABLE "x
                ; INSERT INTO sprung VALUES ('name'); --" (id int PRIMARY KEY);
                SELECT heliograph.attach('t');
                SELECT heliograph.attach(oid::regclass) FROM pg_class WHERE relname LIKE 'x%' AND relkind = 'r';
                """
            )
            #expect(try await fixture.count("SELECT count(*) FROM heliograph.attachment") == 2)
            #expect(try await fixture.count("SELECT count(*) FROM sprung") == 0)
            // The trap does spring for who is careless.
            try await fixture.psql("SELECT NULL::twice")
            #expect(try await fixture.count("SELECT count(*) FROM sprung") > 0)
        }
    }

    @Test("A table's name is no SQL: not in the statement that attaches it, and not in its capture function")
    func tableNames() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql(
                #"""
                CREATE TABLE sprung (who text); GRANT ALL ON sprung TO PUBLIC;
                CREATE FUNCTION spring() RETURNS text LANGUAGE plpgsql AS
                    $$ BEGIN INSERT INTO public.sprung VALUES (current_user); RETURN 'x'; END $$;
                CREATE TABLE "a\'b" (id int PRIMARY KEY);
                CREATE TABLE "\'::text,public.spring())) end --" (id int PRIMARY KEY);
                CREATE TABLE "\\'::text,public.spring())) end --" (id int PRIMARY KEY);
                CREATE TABLE "$capture$ \1\& %s %I {0}" (id int PRIMARY KEY);
                """#
            )
            for name in [
                #"a\'b"#, #"\'::text,public.spring())) end --"#, #"\\'::text,public.spring())) end --"#,
                #"$capture$ \1\& %s %I {0}"#,
            ] {
                try await fixture.psql("DELETE FROM sprung")
                do {
                    let table = SQL.quoted(identifier: name)
                    try await fixture.withConnection { try await Attachments().attach(table, on: $0) }
                    try await fixture.psql("INSERT INTO \(table) VALUES (1)")
                    #expect(
                        try await fixture.count(
                            "SELECT count(*) FROM heliograph.signal_log WHERE sender = \("public." + table) AND lane_hash = hash_record(ROW(sender, 1))"
                        ) == 1
                    )
                    #expect(try await fixture.count("SELECT count(*) FROM sprung") == 0, "SQL from the name has run")
                }
            }
        }
    }

    @Test("Tables of a schema that the capture role may not use; functions that PUBLIC may not execute")
    func hardened() async throws {
        try await Fixture.with { fixture in
            try await fixture.psql("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
            try await fixture.withConnection { try await Migrator().migrate(on: $0) }
            try await fixture.psql(
                """
                CREATE SCHEMA shop; CREATE TYPE mood AS ENUM ('happy');
                CREATE TABLE shop.t (id int PRIMARY KEY, at timestamptz, m mood);
                SELECT heliograph.attach('shop.t');
                """
            )
            let t = Captured(fixture: fixture)
            try await t.expect(
                """
                INSERT INTO shop.t VALUES (1, NULL, 'happy');
                UPDATE shop.t SET m = NULL;
                ALTER TABLE shop.t ADD b bytea;
                UPDATE shop.t SET b = '';
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"at":null,"m":"happy"}"#,
                    #"update {"id":1} changed {m} from {"m":"happy"} {"id":1,"at":null,"m":null}"#,
                    #"update {"id":1} changed {b} from {"b":null} {"id":1,"at":null,"m":null,"b":"\\x"}"#,
                ]
            )
            // As after a restore, which gives the table another number.
            try await fixture.psql("UPDATE heliograph.attachment SET relid = 1")
            try await t.expect("DELETE FROM shop.t", gives: [#"delete {"id":1} {"id":1,"at":null,"m":null,"b":"\\x"}"#])
        }
    }

    /// A writer whose snapshot is older than a change of the table sees the catalog as it was.
    @Test(
        "Under an old snapshot the new columns are recorded all the same, and no cast of the owner's runs",
        arguments: [
            (
                "CREATE TABLE t (id int PRIMARY KEY, v text)", "ALTER TABLE t ADD m mood DEFAULT 'happy'",
                #"{"id":1,"v":null,"m":"happy"}"#
            ),
            (
                "CREATE TABLE t (id int PRIMARY KEY, v text)",
                "ALTER TABLE t ALTER v TYPE mood USING NULL, ALTER v SET DEFAULT 'happy'", #"{"id":1,"v":"happy"}"#
            ),
            (
                "CREATE TABLE t (id int PRIMARY KEY, m mood)", "ALTER TABLE t ADD note text DEFAULT 'n'",
                #"{"id":1,"m":null,"note":"n"}"#
            ),
            (
                "CREATE TABLE t (id int PRIMARY KEY, v text)",
                "ALTER TABLE t ADD at timestamptz DEFAULT '2026-01-02 00:00+00'",
                #"{"id":1,"v":null,"at":"2026-01-02T00:00:00+00:00"}"#
            ),
            (
                "CREATE TABLE t (id int PRIMARY KEY, m mood, v text)",
                "ALTER TABLE t ALTER v TYPE timestamptz USING '2026-01-02 00:00+00', ALTER v SET DEFAULT '2026-01-02 00:00+00'",
                #"{"id":1,"m":null,"v":"2026-01-02T00:00:00+00:00"}"#
            ),
        ]
    )
    func oldSnapshot(table: String, change: String, row: String) async throws {
        let trap = """
            CREATE TYPE mood AS ENUM ('happy');
            CREATE TABLE sprung (who text); GRANT ALL ON sprung TO public;
            CREATE FUNCTION mood_json(mood) RETURNS json LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO public.sprung VALUES (current_user); RETURN '"trapped"'; END $$;
            CREATE CAST (mood AS json) WITH FUNCTION mood_json(mood);
            """
        // Attached before and, the other way round, after the snapshot was taken.
        for attachesLate in [false, true] {
            try await Captured.with(trap + table, attaching: attachesLate ? [] : ["t"]) { t in
                try await t.fixture.withConnection { old in
                    try await old.query("SET TimeZone = 'Asia/Kathmandu'")
                    try await old.query("BEGIN ISOLATION LEVEL REPEATABLE READ")
                    try await old.query("SELECT 1")
                    if attachesLate { try await t.write("SELECT heliograph.attach('t')") }
                    try await t.write(change)
                    try await old.query("INSERT INTO t (id) VALUES (1)")
                    try await old.query("UPDATE t SET id = id + 1")
                    try await old.query("UPDATE t SET id = id - 1")
                    try await old.query("COMMIT")
                    // The same session afterwards, with the plans it has.
                    try await old.query("DELETE FROM t")
                    try await old.query("INSERT INTO t (id) VALUES (1)")
                }
                let records = try await t.records
                #expect(records.first == #"insert {"id":1} \#(row)"#)
                #expect(records.last == #"insert {"id":1} \#(row)"#)
                #expect(
                    records.filter { $0.hasPrefix("delete") }.allSatisfy {
                        $0.contains(row.dropFirst(#"{"id":1"#.count))
                    })
                #expect(records.count == 7)
                #expect(try await t.fixture.count("SELECT count(*) FROM sprung") == 0)
            }
        }
    }

    @Test("The key's type becomes one without hash or equality: the row is recorded, nobody fails")
    func keyWithoutHash() async throws {
        let tables = "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int NOT NULL, v text);"
        try await Captured.with(tables) { t in
            try await t.fixture.withConnection {
                try await Attachments().attach("u", AttachOptions(keyColumns: ["id"]), on: $0)
            }
            try await t.expect(
                """
                INSERT INTO t VALUES (1, 'a'); ALTER TABLE t ALTER id TYPE money USING id::money;
                INSERT INTO t VALUES ('2', 'b'); UPDATE t SET v = 'c' WHERE v = 'b'; UPDATE t SET id = '3' WHERE v = 'c';
                INSERT INTO u VALUES (1, 'a'); ALTER TABLE u ALTER id TYPE json USING to_json(id);
                UPDATE u SET v = 'b'; UPDATE u SET id = '2';
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"v":"a"}"#, #"insert {"id":"$2.00"} {"id":"$2.00","v":"b"}"#,
                    #"update {"id":"$2.00"} changed {v} from {"v":"b"} {"id":"$2.00","v":"c"}"#,
                    #"delete {"id":"$2.00"} {"id":"$2.00","v":"c"}"#,
                    #"insert {"id":"$3.00"} was {"id":"$2.00"} {"id":"$3.00","v":"c"}"#,
                    #"insert {"id":1} {"id":1,"v":"a"}"#,
                    #"update {"id":1} changed {v} from {"v":"a"} {"id":1,"v":"b"}"#,
                    #"delete {"id":1} {"id":1,"v":"b"}"#, #"insert {"id":2} was {"id":1} {"id":2,"v":"b"}"#,
                ]
            )
        }
    }

    @Test("A secret that takes the name of a recorded column is not recorded under it")
    func exchangedNames() async throws {
        let table = "CREATE TABLE t (id int PRIMARY KEY, note text, secret text);"
        try await Captured.with(table, AttachOptions(excludedColumns: ["secret"])) { t in
            try await t.expect(
                """
                INSERT INTO t VALUES (1, 'n', 'hush');
                ALTER TABLE t RENAME note TO was_note; ALTER TABLE t RENAME secret TO note;
                INSERT INTO t VALUES (2, 'n', 'hush'); UPDATE t SET note = 'hush2', was_note = 'm' WHERE id = 2;
                ALTER TABLE t DROP was_note; DELETE FROM t;
                """,
                gives: [
                    #"insert {"id":1} {"id":1,"note":"n"}"#, #"insert {"id":2} {"id":2,"note":null}"#,
                    #"update {"id":2} changed {} from {} {"id":2,"note":null}"#,
                    #"delete {"id":1} {"id":1,"note":null}"#, #"delete {"id":2} {"id":2,"note":null}"#,
                ]
            )
        }
    }

    @Test("Also with columns left out, a column that changes its type is written with care")
    func closedAndRetyped() async throws {
        let table = "CREATE TABLE t (id int PRIMARY KEY, v text, secret text);"
        try await Captured.with(table, AttachOptions(excludedColumns: ["secret"])) { t in
            try await t.expect(
                """
                SET TimeZone = 'Asia/Kathmandu';
                ALTER TABLE t ALTER v TYPE timestamptz USING NULL;
                INSERT INTO t VALUES (1, '2026-01-02 00:00+00', 'hush');
                """,
                gives: [#"insert {"id":1} {"id":1,"v":"2026-01-02T00:00:00+00:00"}"#]
            )
        }
    }

    @Test(
        "Wide tables, and tables that become wider than a statement can be: no writer fails", .timeLimit(.minutes(10)))
    func wide() async throws {
        func columns(_ range: ClosedRange<Int>, _ form: String) -> String {
            "string_agg('\(form)', ',' ORDER BY g) FROM generate_series(\(range.lowerBound), \(range.upperBound)) AS g"
        }
        try await Captured.with(
            "DO $$ BEGIN EXECUTE 'CREATE TABLE t (id int PRIMARY KEY, ' || (SELECT \(columns(1...790, "c' || g || ' int"))) || ')'; END $$"
        ) { t in
            let records = try await t.records(
                of: "INSERT INTO t (id) VALUES (1); UPDATE t SET c1 = 1, c790 = 2; UPDATE t SET id = 2")
            #expect(records.count == 4)
            #expect(
                records[1].hasPrefix(#"update {"id":1} changed {c1,c790} from {"c1":null,"c790":null} {"id":1,"c1":1,"#)
            )
            try await t.write(
                """
                CREATE TYPE mood AS ENUM ('happy'); ALTER TABLE t ADD m mood;
                DO $$ BEGIN EXECUTE 'ALTER TABLE t ' || (SELECT \(columns(791...900, "ADD c' || g || ' int"))); END $$
                """
            )
            let late = try await t.records(of: "UPDATE t SET c900 = 1; DELETE FROM t")
            #expect(late.count == 2)
            #expect(late[0].hasPrefix(#"update {"id":2} "#))
            #expect(late[1].hasPrefix(#"delete {"id":2} {"#))
        }
    }

    @Test("A session's temporary tables do not change what a record says, and large statements leave no slow plan")
    func functionSettings() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, r regclass);") { t in
            try await t.expect(
                "CREATE TEMPORARY TABLE pg_class (x int); INSERT INTO t VALUES (1, 'pg_catalog.pg_class'), (2, 'pg_temp.pg_class')",
                gives: [
                    #"insert {"id":1} {"id":1,"r":"pg_class"}"#, #"insert {"id":2} {"id":2,"r":"pg_temp.pg_class"}"#,
                ],
                // The number of a session's temporary schema is its own.
                matching: { $0.replacing(#/pg_temp_\d+/#, with: "pg_temp") }
            )
            // A plan is made in the first transaction, and kept; it must not be one that is compiled each time.
            let settings = try await t.fixture.psql(
                """
                SET jit = on; SET jit_above_cost = 0;
                BEGIN; INSERT INTO t VALUES (3); SHOW jit; COMMIT; SHOW jit;
                BEGIN; INSERT INTO t VALUES (4); SHOW jit; COMMIT; SHOW search_path
                """
            )
            #expect(settings.split(separator: "\n") == ["off", "on", "on", "\"$user\", public"])
        }
    }
}
