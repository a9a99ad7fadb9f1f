import Heliograph
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
            ("CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id)", "a partitioned table"),
            (
                "CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE t PARTITION OF p (PRIMARY KEY (id)) DEFAULT",
                "a partition"
            ),
            ("CREATE TABLE p (id int); CREATE TABLE t (PRIMARY KEY (id)) INHERITS (p)", "an inheritance tree"),
            ("CREATE SEQUENCE t", "not a table"),
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
                    "SELECT count(*) FROM pg_trigger WHERE tgrelid = 't'::regclass AND NOT tgisinternal") == 1
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
