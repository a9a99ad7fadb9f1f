import Heliograph
import HeliographLog
import HeliographTesting
import Testing

/// What workers, readers and owners may do, and what they may not.
@Suite("Roles: groups")
struct GroupTests {
    /// What is a step too far for both of them.
    private static let tooFar = [
        "INSERT INTO heliograph.signal_log (sender, operation, key, lane_hash) VALUES ('public.t', 'insert', '{}', 1)",
        "INSERT INTO heliograph.signal_log_1 (sender, operation, key, lane_hash) VALUES ('public.t', 'insert', '{}', 1)",
        "UPDATE heliograph.signal_log SET sender = 'other'", "DELETE FROM heliograph.signal_log",
        "TRUNCATE heliograph.signal_log", "DROP TABLE heliograph.signal_log_1",
        "SELECT nextval('heliograph.signal_log_id_seq')", "SELECT setval('heliograph.signal_log_id_seq', 1)",
        "SELECT setval('heliograph.incarnation_alive', 7)",
        "INSERT INTO heliograph.position (subscription, lane, version, generation, lo) VALUES (1, 0, 9, 1, 1)",
        "UPDATE heliograph.position SET version = version + 1", "DELETE FROM heliograph.position",
        "UPDATE heliograph.subscription SET state = 'paused'", "DELETE FROM heliograph.subscription",
        "INSERT INTO heliograph.tick (incarnation, snapshot) VALUES (1, '1:1:')", "DELETE FROM heliograph.tick",
        "INSERT INTO heliograph.incarnation (system_identifier, timeline, started_at) VALUES (1, 1, now())",
        "UPDATE heliograph.segment SET sealed_xid = '3'", "DELETE FROM heliograph.attachment",
        "INSERT INTO heliograph.role_right VALUES ('heliograph_reader', 'execute', 'attach')",
        "SELECT heliograph.attach('t')", "SELECT heliograph.detach('t')", "SELECT heliograph.capture_sql('t')",
        "SELECT heliograph.open_segment()", "SELECT heliograph.grant_roles()", "SELECT heliograph.capture_1()",
        "CREATE TRIGGER forge AFTER INSERT ON mine REFERENCING NEW TABLE AS __hg_n FOR EACH STATEMENT EXECUTE FUNCTION heliograph.capture_1()",
        "CREATE OR REPLACE FUNCTION heliograph.advance() RETURNS void LANGUAGE sql AS ''",
        "CREATE TABLE heliograph.mine (id int)", "ALTER FUNCTION heliograph.note_incarnation SECURITY INVOKER",
        "SET ROLE heliograph_capture", "SET ROLE heliograph_owner", "COPY heliograph.signal_log FROM STDIN",
    ]

    /// What workers may and readers may not.
    private static let workersOnly = [
        "SELECT heliograph.record_tick('1:1:')",
        "SELECT heliograph.register_subscription('r', 1, '{}', 1, 'now')", "SELECT heliograph.note_policy(1, 1, '{}')",
        "SELECT heliograph.declare_models('p', '[]')",
        "SELECT heliograph.advance(1, '{0}', '{1}', 1, 1, NULL, 0)", "SELECT heliograph.purge_positions(1)",
        "SELECT heliograph.purge_ticks(1)", "SELECT heliograph.rotate()",
        "SELECT heliograph.drop_segment(1, interval '0')", "SELECT setval('heliograph.bell', 0)",
    ]

    private func expectRefused(_ attempts: [String], in group: String) async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO public;") { t in
            try await t.write(
                """
                INSERT INTO t VALUES (1); SELECT heliograph.note_incarnation();
                SELECT heliograph.register_subscription('s', 1, '{}', 1, 'now');
                """)
            try await t.fixture.withRole(in: [group]) { role in
                try await t.write("GRANT CREATE ON SCHEMA public TO \(role)")
                try await t.fixture.psql(as: role, "CREATE TABLE mine (id int PRIMARY KEY)")
                for attempt in attempts {
                    let refusal = try await t.fixture.refusal(of: attempt, as: role)
                    #expect(
                        refusal?.contains("permission denied") == true || refusal?.contains("must be") == true,
                        "\(attempt): \(refusal ?? "it went through")")
                }
            }
            #expect(try await t.records == [#"insert {"id":1} {"id":1}"#])
            #expect(try await t.fixture.count("SELECT count(*) FROM heliograph.position") == 1)
        }
    }

    @Test(
        "A worker cannot write to the log, nor to positions but by advance, nor attach, detach or become somebody else")
    func worker() async throws {
        try await expectRefused(Self.tooFar, in: "heliograph_worker")
    }

    @Test("A reader cannot do that, nor what a worker may")
    func reader() async throws {
        try await expectRefused(Self.tooFar + Self.workersOnly, in: "heliograph_reader")
    }

    @Test("The functions of a worker keep their promises: HG001 to HG005, and its own transaction is in no cursor")
    func promises() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY); GRANT INSERT ON t TO public;") { t in
            try await t.fixture.withRole(in: ["heliograph_worker"]) { role in
                try await t.fixture.connecting(as: role).withConnection { connection in
                    try await connection.query("SELECT heliograph.register_subscription('s', 1, '{}', 1, 'now')")
                    let tick = try await connection.number("SELECT heliograph.record_tick(heliograph.take_snapshot())")
                    func advance(_ version: Int, to tick: Int) -> SQL {
                        "SELECT heliograph.advance(1, '{0}', ARRAY[\(version)]::int8[], 1, \(tick), NULL, 0)"
                    }
                    func expect(_ state: SQLState, _ statement: SQL) async {
                        let error = await #expect(throws: PostgresError.self) {
                            try await connection.query(statement)
                        }
                        #expect(error?.sqlState == state)
                    }
                    try await connection.query(advance(1, to: tick))
                    await expect("HG001", advance(1, to: tick))
                    await expect("HG004", advance(2, to: tick + 1))
                    await expect("HG005", "SELECT heliograph.record_tick('9999999:9999999:')")
                    try await connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ")
                    await expect("HG003", advance(2, to: tick))
                    try await connection.query("ROLLBACK")
                    try await connection.query("BEGIN")
                    try await connection.query("INSERT INTO t VALUES (1)")
                    await expect("HG002", "SELECT heliograph.take_snapshot()")
                    try await connection.query("ROLLBACK")
                    #expect(
                        try await connection.number("SELECT max(version) FROM heliograph.position WHERE lane = 0") == 2)
                }
            }
        }
    }

    @Test("What runs as the owner looks nothing up in a worker's search path")
    func searchPath() async throws {
        let attempts = """
            SELECT heliograph.note_incarnation();
            SELECT heliograph.register_subscription('s', 1, '{}', 2, 'now');
            SELECT heliograph.register_subscription('s', 2, '{"a":1}', 2, 'now');
            SELECT heliograph.record_tick('1:1:');
            SELECT heliograph.advance(1, '{0,1}', '{2,2}', 1, 1, NULL, 0);
            SELECT heliograph.purge_positions(10); SELECT heliograph.purge_ticks(10);
            SELECT heliograph.rotate(); SELECT heliograph.drop_segment(1, interval '0');
            """
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await t.fixture.withRole(in: ["heliograph_worker"]) { role in
                try await t.write("GRANT CREATE ON DATABASE \"\(t.fixture.database.name)\" TO \(role)")
                try await t.fixture.psql(as: role, Trap.base + Trap.shadows)
                try await t.fixture.psql(as: role, Trap.searchPath + attempts)
                #expect(try await t.fixture.count("SELECT count(*) FROM heliograph.position") == 6)
                #expect(try await t.fixture.count("SELECT count(*) FROM trap.sprung") == 0)
                // The trap does spring as the owner where a function is careless.
                try await t.write("ALTER FUNCTION heliograph.purge_positions RESET search_path")
                try await t.fixture.psql(as: role, Trap.searchPath + "SELECT heliograph.purge_positions(10)")
                let victims = try await t.fixture.withConnection {
                    try await $0.texts("SELECT DISTINCT who FROM trap.sprung")
                }
                #expect(victims == ["heliograph_owner"])
            }
        }
    }

    @Test("A log under another name has the same groups")
    func otherSchema() async throws {
        try await Fixture.with { fixture in
            let schema = try SchemaName("shop_log")
            try await fixture.withConnection { connection in
                try await Migrator(schema: schema).migrate(on: connection)
                try await connection.query("CREATE TABLE t (id int PRIMARY KEY)")
                try await Attachments(schema: schema).attach("t", on: connection)
                try await connection.query("INSERT INTO t VALUES (1)")
            }
            try await fixture.withRole(in: ["heliograph_reader"]) { role in
                try await fixture.connecting(as: role).withConnection { connection in
                    let reader = LogReader(schema: schema)
                    try await reader.noteIncarnation(on: connection)
                    let window = try await reader.read(from: .beginning, limit: 10, on: connection)
                    #expect(window.records.count == 1)
                    let refused = await #expect(throws: LogError.self) {
                        try await Attachments(schema: schema).detach("t", on: connection)
                    }
                    #expect(refused?.code == .notPermitted)
                }
            }
        }
    }

    @Test("What is not in the table of rights is taken away again, and what is missing is given")
    func repaired() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql(
                """
                GRANT ALL ON heliograph.signal_log TO public; GRANT DELETE ON heliograph.position TO heliograph_worker;
                CREATE FUNCTION heliograph.later() RETURNS int LANGUAGE sql AS 'SELECT 1';
                REVOKE ALL ON heliograph.tick FROM heliograph_reader; ALTER TABLE heliograph.tick OWNER TO postgres;
                """)
            let before = try await fixture.count("SELECT count(*) FROM heliograph.right_statements()")
            #expect(before > 5)
            let outcome = try await fixture.withConnection { try await Migrator().migrate(on: $0) }
            #expect(outcome.applied.isEmpty && outcome.missingRoleStatements.isEmpty)
            #expect(try await fixture.count("SELECT count(*) FROM heliograph.right_statements()") == 0)
            #expect(
                try await fixture.count("SELECT count(*) FROM heliograph.owner_statements('heliograph_owner')") == 0)
            // Where nothing is wrong it writes nothing.
            try await fixture.withConnection { connection in
                try await connection.query("BEGIN")
                try await connection.query("SELECT heliograph.grant_roles()")
                let written = try await connection.number("SELECT num_nonnulls(pg_current_xact_id_if_assigned())::int8")
                #expect(written == 0)
                try await connection.query("ROLLBACK")
            }
            try await fixture.withRole(in: ["heliograph_reader"]) { role in
                let given = try await fixture.refusal(of: "SELECT * FROM heliograph.tick", as: role)
                #expect(given == nil)
                let taken = try await fixture.refusal(of: "SELECT heliograph.later()", as: role)
                #expect(taken?.contains("denied") == true)
            }
        }
    }
}
