import Heliograph
import HeliographTesting
import Testing

@Suite("Attach and detach")
struct AttachTests {
    private func attach(
        _ table: String, _ options: AttachOptions = .init(), in fixture: Fixture
    ) async throws -> String {
        try await fixture.withConnection { try await Attachments().attach(table, options, on: $0) }
    }

    @Test(
        "What cannot be captured rightly is refused, with what to do",
        arguments: [
            ("CREATE TABLE t (id int)", "has no key"),
            ("CREATE TABLE t (id int UNIQUE)", "may be NULL"),
            ("CREATE TABLE t (id int PRIMARY KEY DEFERRABLE)", "deferrable"),
            ("CREATE TABLE t (id int NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED)", "deferrable"),
            ("CREATE TABLE t (id int NOT NULL); CREATE UNIQUE INDEX ON t (id) WHERE id > 0", "has no key"),
            ("CREATE TABLE t (id int NOT NULL); CREATE UNIQUE INDEX ON t ((id + 1))", "has no key"),
            ("CREATE TABLE t (id money PRIMARY KEY)", "no hash function"),
            ("CREATE VIEW t AS SELECT 1 AS id", "a view"),
            ("CREATE MATERIALIZED VIEW t AS SELECT 1 AS id", "a materialized view"),
            (
                "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE UNLOGGED TABLE p PARTITION OF t DEFAULT",
                "partitioned, and public.p is unlogged"
            ),
            (
                "CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE t PARTITION OF p (PRIMARY KEY (id)) DEFAULT",
                "a partition of public.p"
            ),
            ("CREATE TABLE p (id int); CREATE TABLE t (PRIMARY KEY (id)) INHERITS (p)", "an inheritance tree"),
            ("CREATE SEQUENCE t", "not a table"),
            ("CREATE UNLOGGED TABLE t (id int PRIMARY KEY)", "an unlogged table"),
            ("CREATE TYPE pair AS (a int); CREATE TABLE t (id pair PRIMARY KEY)", "composite"),
            (
                "CREATE TYPE pair AS (a int); CREATE DOMAIN pairs AS pair[]; CREATE TABLE t (id pairs PRIMARY KEY)",
                "composite"
            ),
            (
                "DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE t (id int PRIMARY KEY, ' || string_agg('c' || g || ' int', ',') || ')' FROM generate_series(1, 800) AS g); END $$",
                "wider than 800 columns"
            ),
            (
                "CREATE TABLE t (id int PRIMARY KEY); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER heliograph_insert AFTER INSERT ON t EXECUTE FUNCTION f()",
                "not ours"
            ),
        ]
    )
    func refused(script: String, reason: String) async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql(script)
            let error = await #expect(throws: LogError.self) { try await attach("t", in: fixture) }
            #expect(error?.code == .attachRefused)
            #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("\n") == false)
            #expect(try await fixture.count("SELECT count(*) FROM heliograph.attachment") == 0)
        }
    }

    @Test("Names that are nothing, and options that cannot be meant")
    func mistakes() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql("CREATE TABLE t (id int PRIMARY KEY, v text)")
            for (table, options, code) in [
                ("nothing", AttachOptions(), LogError.Code.unknownTable),
                ("nowhere.t", AttachOptions(), .unknownTable),
                ("pg_catalog.pg_class", AttachOptions(), .attachRefused),
                ("heliograph.signal_log", AttachOptions(), .attachRefused),
                ("t", AttachOptions(excludedColumns: ["nothing"]), .attachRefused),
                ("t", AttachOptions(excludedColumns: ["id"]), .attachRefused),
                ("t", AttachOptions(keyColumns: ["v"]), .attachRefused),
                ("t", AttachOptions(keyColumns: ["nothing"]), .attachRefused),
                ("t", AttachOptions(operations: []), .attachRefused),
            ] {
                let error = await #expect(throws: LogError.self) { try await attach(table, options, in: fixture) }
                #expect(error?.code == code, "\(table): \(error?.message ?? "")")
            }
        }
        try await Fixture.with { fixture in
            try await fixture.psql("CREATE TABLE t (id int PRIMARY KEY)")
            let error = await #expect(throws: LogError.self) { try await attach("t", in: fixture) }
            #expect(error?.code == .notInstalled)
            #expect(error?.message.contains("heliograph migrate") == true)
        }
    }

    @Test("Again: the new options hold, and nothing is recorded twice")
    func refresh() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, v text);") { t in
            for options in [
                AttachOptions(), AttachOptions(excludedColumns: ["v"]), AttachOptions(operations: [.insert]),
            ] {
                let sender = try await attach("t", options, in: t.fixture)
                #expect(sender == "public.t")
            }
            try await t.expect(
                "INSERT INTO t VALUES (1, 'a'); DELETE FROM t;", gives: [#"insert {"id":1} {"id":1,"v":"a"}"#])
            #expect(
                try await t.fixture.count(
                    "SELECT count(*) FROM pg_trigger WHERE tgrelid = 't'::regclass AND NOT tgisinternal") == 2
            )
            _ = try await attach("t", in: t.fixture)
            try await t.expect("DELETE FROM t; TRUNCATE t", gives: ["truncate"])
        }
    }

    @Test("Detached, a table is as it was; the log stays")
    func detach() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await t.write("INSERT INTO t VALUES (1)")
            try await t.fixture.withConnection { connection in
                let wasAttached = try await Attachments().detach("t", on: connection)
                let isStillAttached = try await Attachments().detach("t", on: connection)
                #expect(wasAttached && !isStillAttached)
            }
            try await t.expect("INSERT INTO t VALUES (2)", gives: [])
            #expect(try await t.records.count == 1)
            #expect(try await t.fixture.count("SELECT count(*) FROM pg_trigger WHERE tgrelid = 't'::regclass") == 0)
            #expect(try await t.fixture.count("SELECT count(*) FROM pg_proc WHERE proname LIKE 'capture\\_1'") == 0)
        }
    }

    @Test("What `attach` would run can be run by psql instead, with the same result")
    func script() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql("CREATE TABLE t (id int PRIMARY KEY, v text)")
            let script = try await fixture.withConnection { try await Attachments().script(attaching: "t", on: $0) }
            #expect(
                try await fixture.count("SELECT count(*) FROM heliograph.attachment") == 0, "asking changes nothing")
            try await fixture.psql("BEGIN; \(script) COMMIT;")
            let again = try await fixture.withConnection { try await Attachments().script(attaching: "t", on: $0) }
            #expect(again.contains("create or replace function") && !again.contains("create trigger"))
            try await Captured(fixture: fixture).expect(
                "INSERT INTO t VALUES (1, 'a')", gives: [#"insert {"id":1} {"id":1,"v":"a"}"#]
            )
        }
    }

    @Test("Deferrable uniqueness that does not hurt is accepted, an exclusion constraint in its place is not")
    func deferrable() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql(
                """
                CREATE TABLE fine (a int, b int, PRIMARY KEY (a, b), UNIQUE (a) DEFERRABLE);
                CREATE TABLE excluding (id int NOT NULL, EXCLUDE USING btree (id WITH =) DEFERRABLE INITIALLY DEFERRED);
                CREATE DOMAIN always AS int NOT NULL;
                CREATE TABLE domained (id always PRIMARY KEY);
                """
            )
            #expect(try await attach("fine", in: fixture) == "public.fine")
            #expect(try await attach("domained", in: fixture) == "public.domained")
            let error = await #expect(throws: LogError.self) {
                try await attach("excluding", AttachOptions(keyColumns: ["id"]), in: fixture)
            }
            #expect(error?.message.contains("deferrable") == true)
        }
    }

    @Test("A captured table cannot become a partition or a child: its own triggers would be passed over")
    func guardTrigger() async throws {
        let tables = """
            CREATE TABLE parent (id int NOT NULL, v text) PARTITION BY RANGE (id);
            CREATE TABLE old (id int NOT NULL, v text);
            CREATE TABLE t (id int PRIMARY KEY, v text);
            """
        try await Captured.with(tables) { t in
            for statement in [
                "ALTER TABLE parent ATTACH PARTITION t FOR VALUES FROM (0) TO (9)", "ALTER TABLE t INHERIT old",
            ] {
                let error = await #expect(throws: LocalClusterError.self) { try await t.write(statement) }
                #expect(error?.message.contains("heliograph_guard") == true, "\(error?.message ?? "")")
            }
            try await t.fixture.withConnection { try await Attachments().detach("t", on: $0) }
            try await t.write("ALTER TABLE parent ATTACH PARTITION t FOR VALUES FROM (0) TO (9)")
        }
    }

    @Test(
        "What is checked is checked under the lock: a table that becomes a partition meanwhile is refused",
        .timeLimit(.minutes(10)))
    func checkedUnderLock() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql(
                """
                CREATE TABLE parent (id int NOT NULL) PARTITION BY RANGE (id); CREATE TABLE t (id int PRIMARY KEY);
                CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);
                """
            )
            for (change, table) in [
                ("ALTER TABLE parent ATTACH PARTITION t FOR VALUES FROM (0) TO (9)", "t"),
                ("ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a", "a"),
            ] {
                try await fixture.withConnection { changing in
                    try await changing.query("BEGIN")
                    try await changing.runScript(unsafe: change)
                    let attaching = Task { try await attach(table, in: fixture) }
                    try await eventually("the attach to wait") {
                        try await fixture.count(
                            """
                            SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = database
                            WHERE NOT granted AND mode = 'ShareRowExclusiveLock' AND datname = current_database()
                            """
                        ) > 0
                    }
                    try await changing.query("COMMIT")
                    let outcome = await attaching.result
                    switch outcome {
                    case .success(let sender):
                        // Tried again, with the table that has the name by then.
                        #expect(sender == "public.a")
                        #expect(
                            try await fixture.count(
                                "SELECT count(*) FROM heliograph.attachment WHERE relid = 'a'::regclass") == 1)
                        #expect(
                            try await fixture.count("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'c'::regclass")
                                == 0)
                    case .failure(let error):
                        #expect((error as? LogError)?.code == .attachRefused, "\(error)")
                        #expect(try await fixture.count("SELECT count(*) FROM heliograph.attachment") == 0)
                    }
                }
            }
        }
    }

    @Test("A table in use is not waited for: its other writers would wait behind", .timeLimit(.minutes(10)))
    func busyTable() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql("CREATE TABLE t (id int PRIMARY KEY)")
            try await fixture.withConnection { writer in
                try await writer.query("BEGIN")
                try await writer.query("INSERT INTO t VALUES (1)")
                let error = await #expect(throws: PostgresError.self) {
                    try await fixture.withConnection { try await $0.query("SELECT heliograph.attach('t')") }
                }
                #expect(error?.sqlState == .lockNotAvailable)
                // The command tries again until the table is free.
                let attaching = Task { try await attach("t", in: fixture) }
                try await fixture.psql("INSERT INTO t VALUES (2)")
                try await writer.query("COMMIT")
                #expect(try await attaching.value == "public.t")
                // A refresh needs no lock at all.
                try await writer.query("BEGIN")
                try await writer.query("INSERT INTO t VALUES (3)")
                #expect(try await attach("t", in: fixture) == "public.t")
                try await writer.query("COMMIT")
            }
        }
    }

    @Test("Triggers that were renamed are known; a table that is gone can be detached by its sender's name")
    func renamedAndGone() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await t.write("ALTER TRIGGER heliograph_insert ON t RENAME TO zz_last")
            _ = try await attach("t", in: t.fixture)
            try await t.expect("INSERT INTO t VALUES (1)", gives: [#"insert {"id":1} {"id":1}"#])
            try await t.write("DROP TABLE t")
            let wasAttached = try await t.fixture.withConnection { try await Attachments().detach("public.t", on: $0) }
            #expect(wasAttached)
            #expect(try await t.fixture.count("SELECT count(*) FROM heliograph.attachment") == 0)
            #expect(try await t.fixture.count("SELECT count(*) FROM pg_proc WHERE proname = 'capture_1'") == 0)
            let gone = await #expect(throws: LogError.self) {
                try await t.fixture.withConnection { try await Attachments().detach("public.t", on: $0) }
            }
            #expect(gone?.code == .unknownTable)
        }
    }

    @Test("Two at once: both succeed, one table is captured once")
    func concurrently() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql("CREATE TABLE t (id int PRIMARY KEY, v text)")
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<4 { group.addTask { try await attach("t", in: fixture) } }
                for try await sender in group { #expect(sender == "public.t") }
            }
            try await Captured(fixture: fixture).expect(
                "INSERT INTO t VALUES (1, 'a')", gives: [#"insert {"id":1} {"id":1,"v":"a"}"#]
            )
        }
    }
}
