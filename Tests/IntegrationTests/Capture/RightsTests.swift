import Heliograph
import HeliographTesting
import Testing

/// Who may do what: a writer needs no right on the log and gets none, and nothing of a table's owner runs as somebody else.
@Suite("Capture: rights", .serialized)
struct RightsTests {
    /// Roles belong to the cluster, so each test has its own.
    private func withRole<R>(
        _ options: String = "", _ body: (Captured, _ role: String) async throws -> R
    ) async throws {
        let role = "role_" + String(UInt32.random(in: .min ... .max), radix: 36)
        try await Fixture.with(.log) { fixture in
            try await fixture.psql("CREATE ROLE \(role) LOGIN \(options)")
            do {
                _ = try await body(Captured(fixture: fixture), role)
                try await fixture.psql("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
            } catch {
                _ = try? await fixture.psql("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
                throw error
            }
        }
    }

    /// Runs a script in a session that the role has logged in to.
    private func psql(as role: String, _ script: String, in fixture: Fixture) async throws -> String {
        let cluster = try await LocalCluster.shared
        return try await Psql.find(
            connectionString: "host=\(cluster.path) user=\(role) dbname=\(fixture.database.name)"
        ).run(script)
    }

    private func attach(_ table: String, in fixture: Fixture) async throws {
        try await fixture.withConnection { try await Attachments().attach(table, on: $0) }
    }

    @Test("A writer without any right on the log writes and is recorded, under the name it logged in with")
    func writer() async throws {
        try await withRole { t, role in
            try await t.write("CREATE TABLE t (id int PRIMARY KEY, v text); GRANT ALL ON t TO \(role)")
            try await attach("t", in: t.fixture)
            _ = try await psql(
                as: role, "INSERT INTO t VALUES (1, 'a'); UPDATE t SET v = 'b'; DELETE FROM t", in: t.fixture)
            let writers = try await t.fixture.withConnection {
                try await $0.texts("SELECT writer::text FROM heliograph.signal_log")
            }
            #expect(writers == [role, role, role])
        }
    }

    @Test("It cannot read, forge, erase or stop anything")
    func forbidden() async throws {
        try await withRole { t, role in
            try await t.write(
                "CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO \(role); GRANT USAGE ON SCHEMA heliograph TO \(role)"
            )
            try await t.write("GRANT CREATE ON SCHEMA public TO \(role)")
            try await attach("t", in: t.fixture)
            for attempt in [
                "SELECT * FROM heliograph.signal_log",
                "INSERT INTO heliograph.signal_log (sender, operation, key, lane_hash) VALUES ('public.t', 'insert', '{}', 1)",
                "DELETE FROM heliograph.signal_log", "TRUNCATE heliograph.signal_log",
                "SELECT nextval('heliograph.signal_log_id_seq')", "SELECT setval('heliograph.bell', 1)",
                "SELECT heliograph.advance(1, '{0}', '{1}', 1, 1, NULL, 0)",
                "SELECT heliograph.attach('t')", "SELECT heliograph.detach('t')",
                "SET ROLE heliograph_capture",
                "CREATE TABLE mine (id int PRIMARY KEY); CREATE TRIGGER forge AFTER INSERT ON mine REFERENCING NEW TABLE AS __hg_n FOR EACH STATEMENT EXECUTE FUNCTION heliograph.capture_1()",
            ] {
                let error = await #expect(throws: LocalClusterError.self) {
                    try await psql(as: role, attempt, in: t.fixture)
                }
                #expect(
                    error?.message.contains("permission denied") == true || error?.message.contains("must be") == true,
                    "\(attempt): \(error?.message ?? "it went through")"
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

    /// The owner of the table prepares code that would tell if it ever ran as somebody else.
    private static let trap = """
        CREATE SCHEMA trap;
        CREATE TABLE trap.sprung (who text);
        GRANT ALL ON SCHEMA trap TO public; GRANT ALL ON trap.sprung TO public;
        CREATE FUNCTION trap.spring() RETURNS void LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO trap.sprung VALUES (current_user); END $$;
        """

    @Test("Casts of the owner's types to json do not run as the capture role")
    func casts() async throws {
        try await withRole { t, role in
            try await t.write(
                "GRANT CREATE ON DATABASE \"\(t.fixture.database.name)\" TO \(role); GRANT CREATE ON SCHEMA public TO \(role)"
            )
            _ = try await psql(
                as: role,
                Self.trap + """
                    CREATE TYPE mood AS ENUM ('happy');
                    CREATE TYPE pair AS (a int);
                    CREATE FUNCTION trap.mood_json(mood) RETURNS json LANGUAGE plpgsql AS
                        $$ BEGIN PERFORM trap.spring(); RETURN '"trapped"'; END $$;
                    CREATE FUNCTION trap.pair_json(pair) RETURNS json LANGUAGE plpgsql AS
                        $$ BEGIN PERFORM trap.spring(); RETURN '"trapped"'; END $$;
                    CREATE CAST (mood AS json) WITH FUNCTION trap.mood_json(mood);
                    CREATE CAST (pair AS json) WITH FUNCTION trap.pair_json(pair);
                    CREATE TABLE t (id mood PRIMARY KEY, p pair, ms mood[]);
                    """, in: t.fixture
            )
            try await attach("t", in: t.fixture)
            _ = try await psql(
                as: role,
                """
                INSERT INTO t VALUES ('happy', '(1)', '{happy}');
                UPDATE t SET p = '(2)';
                ALTER TABLE t ADD q pair, ADD m mood;
                UPDATE t SET q = '(3)', m = 'happy';
                DELETE FROM t;
                """, in: t.fixture
            )
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
            let operators = [
                ("=", "text"), ("=", "int4"), ("=", "int8"), ("=", "oid"), ("<>", "text"), ("<>", "oid"),
                ("<>", "int4"), ("<", "float8"), ("<", "int8"), ("&", "int8"),
            ]
            let operatorScript = operators.enumerated().map { index, entry in
                """
                CREATE FUNCTION trap.op\(index)(\(entry.1), \(entry.1)) RETURNS boolean LANGUAGE plpgsql AS
                    $$ BEGIN PERFORM trap.spring(); RETURN true; END $$;
                CREATE OPERATOR trap.\(entry.0) (LEFTARG = \(entry.1), RIGHTARG = \(entry.1), FUNCTION = trap.op\(index));
                """
            }.joined(separator: "\n")
            let functions = [
                "row_to_json(record)", "to_json(anyelement)", "concat(text, text)", "nextval(regclass)",
                "clock_timestamp()", "pg_notify(text, text)", "current_setting(text, boolean)",
                "hash_record_extended(record, bigint)", "set_config(text, text, boolean)",
                "array_remove(anyarray, anyelement)", "record_ne(record, record)",
            ]
            let functionScript = functions.map { function in
                """
                CREATE FUNCTION trap.\(function) RETURNS text LANGUAGE plpgsql AS
                    $$ BEGIN PERFORM trap.spring(); RETURN ''; END $$;
                """
            }.joined(separator: "\n")
            _ = try await psql(
                as: role,
                Self.trap + operatorScript + functionScript + """
                    CREATE DOMAIN trap.text AS varchar; CREATE DOMAIN trap.json AS varchar; CREATE DOMAIN trap.bool AS int;
                    CREATE TABLE t (id int PRIMARY KEY, v text, f float8);
                    """, in: t.fixture
            )
            try await attach("t", in: t.fixture)
            _ = try await psql(
                as: role,
                """
                SET search_path = trap, public, pg_catalog;
                CREATE TEMPORARY TABLE signal_log (id int); CREATE TEMPORARY TABLE __hg_n (id int);
                CREATE TEMPORARY TABLE pg_class (oid oid); CREATE TEMPORARY TABLE pg_type (oid oid);
                INSERT INTO public.t VALUES (1, 'a', 0.1), (2, 'b', 0.2);
                UPDATE public.t SET v = 'x';
                UPDATE public.t SET id = id OPERATOR(pg_catalog.+) 10;
                ALTER TABLE public.t ADD w bytea; UPDATE public.t SET w = 'z';
                DELETE FROM public.t; TRUNCATE public.t;
                """, in: t.fixture
            )
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
