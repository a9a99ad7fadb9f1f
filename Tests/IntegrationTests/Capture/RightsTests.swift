import Heliograph
import HeliographTesting
import Testing

/// Who may do what: a writer needs no right on the log and gets none, and nothing of a table's owner runs as somebody else.
@Suite("Capture: rights", .serialized)
struct RightsTests {
    /// A database with the log, and a role that logs in to it.
    private func withRole(_ body: (Captured, _ role: String) async throws -> Void) async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.withRole { try await body(Captured(fixture: fixture), $0) }
        }
    }

    private func attach(_ table: String, in fixture: Fixture) async throws {
        try await fixture.withConnection { try await Attachments().attach(table, on: $0) }
    }

    @Test("A writer without any right on the log writes and is recorded, under the name it logged in with")
    func writer() async throws {
        try await withRole { t, role in
            try await t.fixture.withRole { other in
                try await t.write(
                    "CREATE TABLE t (id int PRIMARY KEY, v text); GRANT ALL ON t TO \(role), \(other); GRANT \(other) TO \(role)"
                )
                try await attach("t", in: t.fixture)
                try await t.fixture.psql(
                    as: role,
                    """
                    INSERT INTO t VALUES (1, 'a'); UPDATE t SET v = 'b';
                    BEGIN; SET ROLE \(other); SELECT heliograph.set_context(actor => 'postgres', request => '\(other)');
                    DELETE FROM t; COMMIT;
                    """)
                let writers = try await t.fixture.withConnection {
                    try await $0.texts(
                        "SELECT concat_ws(' ', operation, writer, nullif(context, '')::json ->> 'actor') FROM heliograph.signal_log ORDER BY id"
                    )
                }
                #expect(writers == ["insert \(role)", "update \(role)", "delete \(role) postgres"])
            }
        }
    }

    @Test("Nothing is open to everybody but the context: not a table, not a sequence, not a function, not a type")
    func everybody() async throws {
        try await withRole { t, role in
            try await t.write(
                "CREATE TABLE t (id int PRIMARY KEY); SELECT heliograph.attach('t'); INSERT INTO t VALUES (1); SELECT heliograph.rotate()"
            )
            let open = try await t.fixture.connecting(as: role).withConnection {
                try await $0.texts(
                    """
                    SELECT 'table ' || c.relname || ' ' || p FROM pg_class AS c
                    CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p
                    WHERE c.relnamespace = 'heliograph'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                        AND (has_table_privilege(c.oid, p) OR p IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                            AND has_any_column_privilege(c.oid, p))
                    UNION ALL
                    SELECT 'sequence ' || c.relname || ' ' || p FROM pg_class AS c
                    CROSS JOIN unnest('{SELECT,UPDATE,USAGE}'::text[]) AS p
                    WHERE c.relnamespace = 'heliograph'::regnamespace AND c.relkind = 'S' AND has_sequence_privilege(c.oid, p)
                    UNION ALL
                    SELECT 'function ' || p.proname FROM pg_proc AS p
                    WHERE p.pronamespace = 'heliograph'::regnamespace AND has_function_privilege(p.oid, 'EXECUTE')
                    UNION ALL
                    SELECT 'type ' || t.typname FROM pg_type AS t
                    WHERE t.typnamespace = 'heliograph'::regnamespace AND has_type_privilege(t.oid, 'USAGE')
                    UNION ALL
                    SELECT 'schema ' || p FROM unnest('{USAGE,CREATE}'::text[]) AS p
                    WHERE has_schema_privilege('heliograph', p)
                    ORDER BY 1
                    """)
            }
            #expect(open == ["function set_context", "schema USAGE"])
        }
    }

    @Test("It cannot read, forge, erase or stop anything")
    func forbidden() async throws {
        try await withRole { t, role in
            try await t.write(
                "CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO \(role); GRANT CREATE ON SCHEMA public TO \(role)"
            )
            try await attach("t", in: t.fixture)
            for attempt in [
                "SELECT * FROM heliograph.signal_log",
                "INSERT INTO heliograph.signal_log (sender, operation, key, lane_hash) VALUES ('public.t', 'insert', '{}', 1)",
                "INSERT INTO heliograph.signal_log_1 (sender, operation, key, lane_hash) VALUES ('public.t', 'insert', '{}', 1)",
                "DELETE FROM heliograph.signal_log", "TRUNCATE heliograph.signal_log",
                "SELECT nextval('heliograph.signal_log_id_seq')", "SELECT setval('heliograph.signal_log_id_seq', 1)",
                "SELECT setval('heliograph.bell', 1)", "SELECT nextval('heliograph.bell')",
                "SELECT heliograph.advance(1, '{0}', '{1}', 1, 1, NULL, 0)",
                "SELECT heliograph.attach('t')", "SELECT heliograph.detach('t')", "SELECT heliograph.rotate()",
                "SELECT heliograph.take_snapshot()", "SELECT heliograph.note_incarnation()",
                "SELECT heliograph.grant_roles()", "SET ROLE heliograph_capture", "SET ROLE heliograph_owner",
                "CREATE TABLE mine (t heliograph.signal_log_1)",
                "CREATE TABLE mine (id int PRIMARY KEY); CREATE TRIGGER forge AFTER INSERT ON mine REFERENCING NEW TABLE AS __hg_n FOR EACH STATEMENT EXECUTE FUNCTION heliograph.capture_1()",
            ] {
                let refusal = try await t.fixture.refusal(of: attempt, as: role)
                #expect(
                    refusal?.contains("permission denied") == true || refusal?.contains("must be") == true,
                    "\(attempt): \(refusal ?? "it went through")"
                )
            }
        }
    }

    @Test("Even with the right to execute it, a capture function does not log for another table")
    func otherTable() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            let error = await #expect(throws: LocalClusterError.self) {
                try await t.write(
                    """
                    CREATE TABLE mine (id int PRIMARY KEY);
                    CREATE TRIGGER forge AFTER INSERT ON mine REFERENCING NEW TABLE AS __hg_n
                        FOR EACH STATEMENT EXECUTE FUNCTION heliograph.capture_1();
                    INSERT INTO mine VALUES (1);
                    """
                )
            }
            #expect(error?.message.contains("may not log as public.t") == true)
            try await t.expect("INSERT INTO t VALUES (1)", gives: [#"insert {"id":1} {"id":1}"#])
        }
    }

    @Test("Casts of the owner's types to json do not run as the capture role")
    func casts() async throws {
        try await withRole { t, role in
            try await t.write(
                "GRANT CREATE ON DATABASE \"\(t.fixture.database.name)\" TO \(role); GRANT CREATE ON SCHEMA public TO \(role)"
            )
            try await t.fixture.psql(
                as: role,
                Trap.base + """
                    CREATE TYPE mood AS ENUM ('happy');
                    CREATE TYPE pair AS (a int);
                    CREATE FUNCTION trap.mood_json(mood) RETURNS json LANGUAGE plpgsql AS
                        $$ BEGIN PERFORM trap.spring(); RETURN '"trapped"'; END $$;
                    CREATE FUNCTION trap.pair_json(pair) RETURNS json LANGUAGE plpgsql AS
                        $$ BEGIN PERFORM trap.spring(); RETURN '"trapped"'; END $$;
                    CREATE CAST (mood AS json) WITH FUNCTION trap.mood_json(mood);
                    CREATE CAST (pair AS json) WITH FUNCTION trap.pair_json(pair);
                    CREATE TABLE t (id mood PRIMARY KEY, p pair, ms mood[]);
                    """)
            try await attach("t", in: t.fixture)
            try await t.fixture.psql(
                as: role,
                """
                INSERT INTO t VALUES ('happy', '(1)', '{happy}');
                UPDATE t SET p = '(2)';
                ALTER TABLE t ADD q pair, ADD m mood;
                UPDATE t SET q = '(3)', m = 'happy';
                DELETE FROM t;
                """)
            #expect(
                try await t.records.last
                    == #"delete {"id":"happy"} {"id":"happy","p":"(2)","ms":["happy"],"q":"(3)","m":"happy"}"#
            )
            #expect(try await t.fixture.count("SELECT count(*) FROM trap.sprung") == 0)
            // The trap does spring for who is careless.
            try await t.write("SELECT to_json('happy'::mood)")
            #expect(try await t.fixture.count("SELECT count(*) FROM trap.sprung") == 1)
        }
    }

    @Test("Nothing in the writer's search path is run: operators, functions, types, temporary tables")
    func searchPath() async throws {
        try await withRole { t, role in
            try await t.write(
                "GRANT CREATE ON DATABASE \"\(t.fixture.database.name)\" TO \(role); GRANT CREATE ON SCHEMA public TO \(role)"
            )
            try await t.fixture.psql(
                as: role,
                Trap.base + Trap.shadows + """
                    CREATE TABLE t (id int PRIMARY KEY, v text, f float8);
                    """)
            try await attach("t", in: t.fixture)
            try await t.fixture.psql(
                as: role,
                Trap.searchPath + """
                    INSERT INTO public.t VALUES (1, 'a', 0.1), (2, 'b', 0.2);
                    UPDATE public.t SET v = 'x';
                    UPDATE public.t SET id = id OPERATOR(pg_catalog.+) 10;
                    ALTER TABLE public.t ADD w bytea; UPDATE public.t SET w = 'z';
                    DELETE FROM public.t; TRUNCATE public.t;
                    """)
            let records = try await t.records
            #expect(records.count == 13)
            #expect(records.contains(#"delete {"id":11} {"id":11,"v":"x","f":0.1,"w":"\\x7a"}"#))
            #expect(try await t.fixture.count("SELECT count(*) FROM trap.sprung") == 0)
            // The trap does spring for who is careless.
            try await t.write("SET search_path = trap, pg_catalog; SELECT 'a'::pg_catalog.text = 'b'::pg_catalog.text")
            #expect(try await t.fixture.count("SELECT count(*) FROM trap.sprung") == 1)
        }
    }

    @Test("A role that is no superuser can install and attach, once it may use the capture role")
    func installer() async throws {
        let role = "role_" + String(UInt32.random(in: .min ... .max), radix: 36)
        try await Fixture.with { fixture in
            try await fixture.psql(
                "CREATE ROLE \(role) LOGIN; GRANT CREATE ON DATABASE \"\(fixture.database.name)\" TO \(role); GRANT CREATE ON SCHEMA public TO \(role)"
            )
            let cluster = try await LocalCluster.shared
            let target = ConnectionConfiguration("host=\(cluster.path) user=\(role) dbname=\(fixture.database.name)")
            let connection = try await Connection.connect(target)
            let error = await #expect(throws: PostgresError.self) { try await Migrator().migrate(on: connection) }
            #expect(error?.sqlState == "HG020")
            #expect(error?.hint?.contains("GRANT heliograph_capture TO \(role)") == true)

            try await fixture.psql("GRANT heliograph_capture TO \(role)")
            try await Migrator().migrate(on: connection)
            try await connection.query("CREATE TABLE t (id int PRIMARY KEY)")
            try await Attachments().attach("t", on: connection)
            try await connection.query("INSERT INTO t VALUES (1)")
            _ = try await LogReader().noteIncarnation(on: connection)
            #expect(try await LogReader().read(from: .beginning, limit: 10, on: connection).records.count == 1)
            // It keeps the log in order, too.
            #expect(try await Retention().rotate(.init(age: .zero), on: connection) == 2)
            try await connection.query("INSERT INTO t VALUES (2)")
            try await eventually("the first segment to be dropped") {
                try await Retention().prune(olderThan: .zero, on: connection).allSatisfy { $0.isDropped }
            }
            #expect(try await LogReader().read(from: .beginning, limit: 10, on: connection).records.count == 1)
            await connection.close()
            try await fixture.psql("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
        }
    }
}
