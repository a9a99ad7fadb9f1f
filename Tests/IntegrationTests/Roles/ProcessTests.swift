import Heliograph
import HeliographLog
import HeliographTesting
import Testing

/// Real workers, readers and commands that log in as members of the groups and have no other right.
@Suite("Roles: processes")
struct ProcessTests {
    @Test(
        "A worker needs heliograph_worker and the right to its effects: it works, is the pump, rotates and prunes",
        .timeLimit(.minutes(10)))
    func worker() async throws {
        try await Effects.with { effects in
            let fixture = effects.fixture
            try await fixture.withRole(in: ["heliograph_worker"]) { role in
                try await fixture.psql(
                    "GRANT INSERT ON effect TO \(role); GRANT USAGE ON SEQUENCE effect_number_seq TO \(role)")
                let member = Effects(fixture: fixture.connecting(as: role))
                try await fixture.psql(
                    "INSERT INTO t SELECT generate_series(1, 500); UPDATE t SET v = v + 1 WHERE id % 3 = 0")
                try await member.withWorker([Effects.subscription()]) {
                    try await effects.settled()
                    try await eventually("it to be the pump") {
                        try await fixture.withConnection { try await StatusReader().read(on: $0).pump != nil }
                    }
                    try await member.fixture.withConnection { connection in
                        let second = try await Retention().rotate(.init(age: .zero), on: connection)
                        #expect(second == 2)
                        let none = try await Retention().rotate(.init(age: .zero), on: connection)
                        #expect(none == nil)
                    }
                    // In the new segment.
                    try await fixture.psql("INSERT INTO t SELECT generate_series(501, 600); UPDATE t SET v = v + 1")
                    try await effects.settled()
                    try await member.fixture.withConnection { connection in
                        #expect(try await StatusReader().read(on: connection).subscriptions.first?.name == "effects")
                        try await eventually("the first segment to be dropped") {
                            try await Retention().prune(olderThan: .zero, on: connection).allSatisfy(\.isDropped)
                        }
                        for function in ["purge_positions", "purge_ticks"] {
                            try await connection.query("SELECT heliograph.\(unsafe: function)(100)")
                        }
                    }
                }
                try await effects.expect(faults: [])
                #expect(member.fixture.log.lines.filter { $0.contains("denied") } == [])
            }
        }
    }

    @Test("A worker without the group ends at once and says what to grant", .timeLimit(.minutes(10)))
    func notAWorker() async throws {
        try await Effects.with { effects in
            for groups in [[], ["heliograph_reader"]] {
                try await effects.fixture.withRole(in: groups) { role in
                    let fixture = effects.fixture.connecting(as: role)
                    let worker = Worker(
                        [Effects.subscription()], database: fixture.configuration, configuration: .forTests,
                        logger: fixture.logger)
                    let error = await #expect(throws: LogError.self) { try await worker.run() }
                    #expect(error?.code == .notPermitted)
                    let group = groups.isEmpty ? "heliograph_reader" : "heliograph_worker"
                    #expect(error?.message.contains("GRANT \(group)") == true, "\(error?.message ?? "")")
                }
            }
        }
    }

    @Test("tail and status run as a reader, also after rotate; tail follows", .timeLimit(.minutes(10)))
    func reader() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await t.fixture.withRole(in: ["heliograph_reader"]) { role in
                let member = t.fixture.connecting(as: role)
                // The first to look in this life of the server: it notes it.
                #expect(try await t.fixture.count("SELECT count(*) FROM heliograph.incarnation") == 0)
                try await t.write("INSERT INTO t VALUES (1); SELECT heliograph.rotate(); INSERT INTO t VALUES (2)")
                let tail = try await member.heliograph(["tail", "t", "--from", "beginning", "--no-follow", "--json"])
                #expect(tail.status == 0 && tail.lines.count == 2, "\(tail)")
                #expect(try await t.fixture.count("SELECT count(*) FROM heliograph.incarnation") == 1)
                let status = try await member.heliograph(["status"])
                #expect(status.status == 0 && status.lines.contains { $0.hasPrefix("public.t") }, "\(status)")
                let following = try await withProgram(
                    try programPath("heliograph"), ["tail", "--from", "beginning", "--count", "3", "--json"],
                    environment: ["DATABASE_URL": member.database.connectionString]
                ) { program in
                    try await program.line(containing: #""key":{"id":2}"#)
                    try await t.write("INSERT INTO t VALUES (3)")
                    try await program.line(containing: #""key":{"id":3}"#)
                    try await program.ended()
                }
                #expect(following.status == 0)
            }
        }
    }

    @Test("Commands of who may not: one line that names the group", .timeLimit(.minutes(10)))
    func commands() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await t.fixture.withRole { role in
                for (arguments, group) in [
                    (["tail", "--no-follow"], "heliograph_reader"), (["status"], "heliograph_reader"),
                    (["prune"], "heliograph_reader"), (["attach", "t"], "heliograph_owner"),
                    (["detach", "t"], "heliograph_owner"),
                ] {
                    let outcome = try await t.fixture.connecting(as: role).heliograph(arguments)
                    #expect(outcome.status == 3 && outcome.lines.count == 1, "\(arguments): \(outcome)")
                    #expect(outcome.lines.first?.contains("GRANT \(group)") == true, "\(arguments): \(outcome)")
                }
            }
            try await t.fixture.withRole(in: ["heliograph_reader"]) { role in
                let outcome = try await t.fixture.connecting(as: role).heliograph(["prune"])
                #expect(outcome.status == 0, "there is nothing to prune: \(outcome)")
                try await t.write("INSERT INTO t VALUES (1); SELECT heliograph.rotate()")
                let refused = try await t.fixture.connecting(as: role).heliograph(["prune", "--older-than", "0s"])
                #expect(
                    refused.status == 3 && refused.lines.last?.contains("GRANT heliograph_worker") == true, "\(refused)"
                )
            }
        }
    }

    /// When a role has last looked whether it may be the pump.
    private func lastLook(of role: String, in fixture: Fixture) async throws -> String {
        try await fixture.psql(
            "SELECT max(query_start) FROM pg_stat_activity WHERE usename = '\(role)' AND query LIKE '%has_sequence_privilege%'"
        )
    }

    @Test("A reader's pump says once that it may not, goes on, and takes office when it may", .timeLimit(.minutes(10)))
    func pump() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.withRole(in: ["heliograph_reader"]) { role in
                let member = fixture.connecting(as: role)
                let bell = Bell(member.configuration, logger: member.logger)
                let pool = ConnectionPool(.init(member.configuration, maximum: 1), logger: member.logger)
                let pump = Pump(pool: pool, configuration: member.configuration, bell: bell, logger: member.logger)
                func said() -> [String] { member.log.lines.filter { $0.contains("may not be the pump") } }
                try await withService(bell, logger: fixture.logger) {
                    try await withService(pump, logger: fixture.logger) {
                        try await eventually("it to say so") { !said().isEmpty }
                        // When a third look has begun, whatever the second has to say has been said.
                        for _ in 1...2 {
                            let last = try await lastLook(of: role, in: fixture)
                            try await eventually("another look") { try await lastLook(of: role, in: fixture) != last }
                        }
                        try await fixture.psql("GRANT heliograph_worker TO \(role)")
                        try await eventually("it to take office") {
                            try await fixture.withConnection { try await StatusReader().read(on: $0).pump != nil }
                        }
                    }
                }
                await pool.shutDown()
                #expect(said().count == 1)
                #expect(said().first?.contains(" info ") == true)
                #expect(member.log.lines.filter { $0.contains("denied") || $0.contains("interrupted") } == [])
            }
        }
    }
}
