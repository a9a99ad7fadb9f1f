import Foundation
import Heliograph
import HeliographTesting
import Testing

/// What the doctor finds about roles and the server: each is provoked, found, mended as printed, and found no more.
@Suite("Doctor: roles and servers")
struct ServerFindingsTests {
    private static let table = "CREATE TABLE t (id int PRIMARY KEY, v text);"

    /// On a server of its own, since roles and settings are the whole server's.
    private func alone(settings: [String: String] = [:], _ body: (Fixture) async throws -> Void) async throws {
        try await Fixture.onOwnServer(.log, settings: settings) { fixture in
            try await fixture.psql(Self.table + "SELECT heliograph.attach('t')")
            #expect(try await fixture.findings().isEmpty)
            try await body(fixture)
        }
    }

    // MARK: Roles

    @Test("The capture role: gone, powerful, a member, with more rights or fewer", .timeLimit(.minutes(10)))
    func captureRole() async throws {
        try await alone { fixture in
            let role = "heliograph_capture"
            try await fixture.psql("ALTER ROLE \(role) SUPERUSER LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS")
            try await fixture.expectMended(
                .error, "role", "has SUPERUSER, LOGIN, CREATEROLE, CREATEDB, REPLICATION, BYPASSRLS")
            try await fixture.psql("GRANT pg_monitor, pg_read_all_data TO \(role)")
            try await fixture.expectMended(.error, "role", "a member of pg_monitor, pg_read_all_data")
            for (script, words) in [
                ("CREATE TABLE mine (a int); ALTER TABLE mine OWNER TO \(role)", "table public.mine"),
                ("GRANT SELECT (v) ON t TO \(role)", "table public.t"),
                ("GRANT SELECT ON heliograph.signal_log_1 TO \(role)", "SELECT on heliograph.signal_log_1"),
                ("GRANT UPDATE ON heliograph.attachment TO \(role)", "UPDATE on heliograph.attachment"),
                ("GRANT CREATE ON SCHEMA heliograph TO \(role)", "to create in schema heliograph"),
            ] {
                try await fixture.psql(script)
                try await fixture.expectMended(.warning, "role", words)
            }
            try await fixture.psql(
                """
                REVOKE INSERT ON heliograph.signal_log_1 FROM \(role); REVOKE USAGE ON SCHEMA heliograph FROM \(role);
                REVOKE ALL ON heliograph.bell, heliograph.signal_log_id_seq FROM \(role);
                REVOKE ALL ON heliograph.deferred, heliograph.deferral, heliograph.truncation FROM \(role);
                REVOKE ALL ON ALL FUNCTIONS IN SCHEMA heliograph FROM PUBLIC, \(role);
                CREATE ROLE writer; GRANT INSERT ON t TO writer
                """)
            let write = "SET ROLE writer; INSERT INTO t VALUES (floor(random() * 1e9)); RESET ROLE"
            await #expect(throws: LocalClusterError.self) { try await fixture.psql(write) }
            try await fixture.expectMended(.error, "role", "lacks rights on the log", with: ["rights"])
            try await fixture.psql(write)
            // As after a restore into a cluster that does not have the role.
            try await fixture.psql("REASSIGN OWNED BY \(role) TO postgres; DROP OWNED BY \(role); DROP ROLE \(role)")
            try await fixture.expectMended(.error, "role", "the role is missing", with: ["owner", "groups"])
            #expect(
                try await fixture.psql(
                    "SELECT count(*) FROM pg_proc WHERE proowner = '\(role)'::regrole AND proname = 'end_deferral'")
                    == "1")
            try await fixture.psql(write)
        }
    }

    @Test("Rights that nobody should have, and rights that are missing")
    func rights() async throws {
        try await Captured.with(Self.table) { t in
            try await t.write("GRANT EXECUTE ON FUNCTION heliograph.rotate() TO PUBLIC")
            try await t.fixture.expectMended(
                .error, "rights", "revoke EXECUTE on routine heliograph.rotate() from public")
            try await t.write("REVOKE SELECT ON heliograph.tick FROM heliograph_reader")
            try await t.fixture.expectMended(
                .warning, "rights", "grant SELECT on table heliograph.tick to heliograph_reader")
        }
    }

    @Test("Group roles that are not there", .timeLimit(.minutes(10)))
    func groups() async throws {
        try await alone { fixture in
            try await fixture.psql("DROP OWNED BY heliograph_reader; DROP ROLE heliograph_reader")
            try await fixture.expectMended(.note, "groups", "are not complete")
            #expect(try await fixture.count("SELECT count(*) FROM pg_roles WHERE rolname = 'heliograph_reader'") == 1)
        }
    }

    @Test("A role that sees no other's session is told that it does not", .timeLimit(.minutes(10)))
    func blind() async throws {
        try await alone { fixture in
            try await fixture.psql(
                """
                CREATE ROLE nosy LOGIN; GRANT heliograph_owner TO nosy
                """)
            let look = "SELECT check_name, mend FROM heliograph.findings() WHERE check_name = 'blind'"
            let url = "host=\(fixture.cluster.path) user=nosy dbname=shop"
            let nosy = ConnectionConfiguration(url)
            try await eventually("nobody else to be there") {
                try await Connection.with(nosy) { try await $0.texts("\(unsafe: look)") }.isEmpty
            }
            try await fixture.withConnection { other in
                let mend = try await Connection.with(nosy) {
                    try await $0.query("\(unsafe: look)").first?.decode(1, as: String.self)
                }
                try await other.query("\(unsafe: try #require(mend))")
                let after = try await Connection.with(nosy) { try await $0.texts("\(unsafe: look)") }
                #expect(after.isEmpty, "\(after)")
            }
        }
    }

    // MARK: The server

    @Test("Settings that give up durability, by their source", .timeLimit(.minutes(10)))
    func settings() async throws {
        let sound = ["fsync": "on", "full_page_writes": "on", "max_prepared_transactions": "0"]
        for (name, severity) in [("fsync", "error"), ("full_page_writes", "error"), ("synchronous_commit", "note")] {
            try await alone(settings: sound.merging([name: "off"]) { $1 }) { fixture in
                let found = try await fixture.findings(of: "findings()")
                #expect(found.map(\.check) == ["setting"] && found.first?.severity == severity)
                try await fixture.psql(found.first?.mend ?? "")
                try await eventually("\(name) to be on") { try await fixture.findings(of: "findings()").isEmpty }
            }
        }
        try await alone(settings: sound) { fixture in
            for place in ["DATABASE shop", "ROLE postgres", "ROLE postgres IN DATABASE shop"] {
                try await fixture.psql("ALTER \(place) SET synchronous_commit = off")
                let found = try await fixture.findings(of: "findings()")
                #expect(found.map(\.check) == ["setting"], "\(place)")
                try await fixture.psql(found.first?.mend ?? "")
                #expect(try await fixture.findings(of: "findings()").isEmpty, "\(place)")
            }
        }
    }

    @Test("More lanes than the server has room for locks", .timeLimit(.minutes(10)))
    func locks() async throws {
        try await alone(settings: ["max_locks_per_transaction": "10", "max_connections": "20"]) { fixture in
            for name in ["a", "b"] {
                try await fixture.psql(
                    """
                    SELECT heliograph.register_subscription(
                        '\(name)', 1, '{"sources":[{"sender":"public.t","operations":["insert"]}]}', 128, 'now')
                    """)
            }
            let found = try #require(try await fixture.findings().first { $0.check == "locks" })
            #expect(found.severity == .warning)
            #expect(found.text.contains("the 256 lanes of all subscriptions take more than half of the 400 locks"))
            try await fixture.psql(found.mend)
            try await fixture.cluster.restart()
            #expect(try await !fixture.findings().contains { $0.check == "locks" })
        }
    }

    @Test("A standby", .timeLimit(.minutes(10)))
    func standby() async throws {
        try await alone { fixture in
            try await fixture.cluster.halt()
            let signal = fixture.cluster.path + "/data/standby.signal"
            #expect(FileManager.default.createFile(atPath: signal, contents: Data()))
            try await fixture.cluster.resume()
            let found = try await fixture.findings()
            #expect(found.map(\.check) == ["standby"] && found.first?.severity == .error)
            try await fixture.psql("SELECT pg_promote()")
            #expect(try await fixture.findings().isEmpty)
        }
    }

    @Test("A dump of a cluster that is ahead, restored: other numbers, other transaction ids", .timeLimit(.minutes(10)))
    func restored() async throws {
        var dump = ""
        try await alone { source in
            try await source.psql(RebaseTests.drawing(20_000))
            try await source.psql(
                """
                CREATE TABLE u (id int PRIMARY KEY, secret text); SELECT heliograph.attach('u', exclude => '{secret}');
                INSERT INTO t VALUES (1, 'a'); SELECT heliograph.record_tick(heliograph.take_snapshot())
                """)
            dump = try await source.cluster.dump(database: source.database.name)
        }
        try await Fixture.onOwnServer { target in
            // So that its numbers are others.
            try await target.psql(Document("roles.md").sample("as a superuser: groups"))
            try await target.psql("CREATE TABLE first (id bigserial PRIMARY KEY)")
            try await target.psql(dump)
            let found = try await target.findings()
            #expect(found.first { $0.check == "renumbered" && $0.subject == "public.t" }?.severity == .warning)
            #expect(found.first { $0.check == "renumbered" && $0.subject == "public.u" }?.severity == .error)
            try await target.expectMended(
                .error, "other-cluster", "restored from another cluster", with: ["renumbered", "incarnation", "rights"])
            try await target.psql("INSERT INTO u VALUES (1, 'hush')")
            #expect(
                try await target.psql("SELECT instance FROM heliograph.signal_log ORDER BY id DESC LIMIT 1")
                    == #"{"id":1}"#)
        }
    }

    @Test("A life of the server in which nobody has read the log yet", .timeLimit(.minutes(10)))
    func incarnation() async throws {
        try await alone { fixture in
            // Nobody has read it ever: nobody needs to be told.
            try await fixture.cluster.restart()
            #expect(try await fixture.findings().isEmpty)
            for mode in [LocalCluster.ShutdownMode.fast, .immediate] {
                try await fixture.psql("SELECT heliograph.note_incarnation()")
                #expect(try await fixture.findings().isEmpty)
                try await fixture.cluster.restart(mode)
                try await fixture.expectMended(.note, "incarnation", "nobody has read the log")
            }
        }
    }
}
