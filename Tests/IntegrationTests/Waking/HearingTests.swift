import Heliograph
import HeliographTesting
import Testing

@Suite("Whether the bell is heard")
struct HearingTests {
    /// A server on TCP with an attached table, and a proxy before it.
    private func withProxy(
        swallowsNotifications: Bool, _ body: (Fixture, Proxy, ConnectionConfiguration) async throws -> Void
    ) async throws {
        try await Fixture.onOwnServer(.log, network: .loopback) { fixture in
            try await fixture.psql("CREATE TABLE t (id bigint PRIMARY KEY)")
            try await fixture.withConnection { try await Attachments().attach("t", on: $0) }
            let proxy = try Proxy(to: fixture.cluster.port, swallowsNotifications: swallowsNotifications)
            defer { proxy.end() }
            let target =
                "host=127.0.0.1 port=\(proxy.port) user=postgres dbname=\(fixture.database.name) sslmode=disable gssencmode=disable"
            try await body(fixture, proxy, ConnectionConfiguration(target, connectTimeout: .seconds(2)))
        }
    }

    private func lines(_ fixture: Fixture, _ words: String) -> Int {
        fixture.log.lines.filter { $0.contains(words) }.count
    }

    @Test(
        "Where notifications are swallowed the bell finds out and says so once; reading goes on by polling",
        .timeLimit(.minutes(10)))
    func swallowed() async throws {
        try await withProxy(swallowsNotifications: true) { fixture, proxy, configuration in
            let bell = Bell(configuration, probeTimeout: .milliseconds(500), logger: fixture.logger)
            try await withService(bell, logger: fixture.logger) {
                #expect(await bell.settledHearing(within: .seconds(60)) == .swallowed)
                #expect(!bell.isListening)
                #expect(lines(fixture, "connect to the server itself") == 1)
                let pool = ConnectionPool(.init(configuration, maximum: 1), logger: fixture.logger)
                let follower = LogFollower(
                    pool: pool, bell: bell, pollInterval: .milliseconds(50), logger: fixture.logger)
                var keys: [String] = []
                for try await event in follower.events(from: .now) {
                    if case .record(let record, _) = event { keys.append(record.key ?? "") }
                    if case .caughtUp = event, keys.isEmpty { try await fixture.psql("INSERT INTO t VALUES (1)") }
                    if !keys.isEmpty { break }
                }
                #expect(keys == [#"{"id":1}"#])
                await pool.shutDown()
                // The next connection is no better, and that is nothing new.
                proxy.cut()
                try await eventually("the loss") { lines(fixture, "the bell's connection is lost") == 1 }
                try await eventually("the same again") { bell.hearing == .swallowed }
                #expect(lines(fixture, "connect to the server itself") == 1)
            }
        }
    }

    @Test(
        "Where they arrive it knows that; a lost connection is made again, and what was rung meanwhile is looked for",
        .timeLimit(.minutes(10)))
    func proved() async throws {
        try await withProxy(swallowsNotifications: false) { fixture, proxy, configuration in
            let bell = Bell(configuration, logger: fixture.logger)
            try await withService(bell, logger: fixture.logger) {
                #expect(await bell.settledHearing(within: .seconds(60)) == .proved)
                // A reader that would look by itself in an hour.
                try await fixture.withPool { pool in
                    let follower = LogFollower(
                        pool: pool, bell: bell, pollInterval: .seconds(3600), logger: fixture.logger)
                    var keys: [String] = []
                    for try await event in follower.events(from: .now) {
                        switch event {
                        case .record(let record, _): keys.append(record.key ?? "")
                        case .caughtUp where keys.isEmpty:
                            // Nobody hears this one's bell: there is no way to the server, until it is committed.
                            proxy.swallowAll()
                            proxy.cut()
                            try await eventually("the loss") { bell.hearing == .disconnected }
                            try await fixture.psql("INSERT INTO t VALUES (1)")
                            proxy.forward()
                        case .caughtUp: break
                        case .reset: Issue.record("nothing was restarted")
                        }
                        if !keys.isEmpty { break }
                    }
                    #expect(keys == [#"{"id":1}"#])
                }
                #expect(await bell.settledHearing(within: .seconds(60)) == .proved)
                #expect(lines(fixture, "no notification arrives") == 0)
            }
        }
    }

    @Test("Poll-only: no session listens, none is the pump, and all is read", .timeLimit(.minutes(10)))
    func pollOnly() async throws {
        try await Captured.with("CREATE TABLE t (id bigint PRIMARY KEY);") { t in
            let bell = Bell(t.fixture.configuration, pollOnly: true, logger: t.fixture.logger)
            try await t.fixture.withPool { pool in
                let pump = Pump(
                    pool: pool, configuration: t.fixture.configuration, bell: bell, logger: t.fixture.logger)
                let follower = LogFollower(
                    pool: pool, bell: bell, pollInterval: .milliseconds(20), logger: t.fixture.logger)
                try await withService(bell, logger: t.fixture.logger) {
                    try await withService(pump, logger: t.fixture.logger) {
                        var keys: [String] = []
                        for try await event in follower.events(from: .now) {
                            if case .record(let record, _) = event { keys.append(record.key ?? "") }
                            if case .caughtUp = event, keys.isEmpty { try await t.write("INSERT INTO t VALUES (1)") }
                            if !keys.isEmpty { break }
                        }
                        #expect(keys == [#"{"id":1}"#])
                        #expect(bell.hearing == .pollOnly && !bell.isListening)
                        let status = try await t.fixture.withConnection { try await StatusReader().read(on: $0) }
                        #expect(status.pump == nil)
                        #expect(
                            try await t.fixture.count(
                                """
                                SELECT count(*) FROM pg_stat_activity
                                WHERE datname = current_database() AND query LIKE 'LISTEN%'
                                """) == 0)
                    }
                }
            }
        }
    }

    @Test(
        "Behind a pooler in transaction mode: all is read by polling, there is no pump, and no lock stays behind",
        .timeLimit(.minutes(10)))
    func pooler() async throws {
        try await withProxy(swallowsNotifications: false) { fixture, _, _ in
            let pooler = try TransactionPooler(to: fixture.cluster.port)
            defer { pooler.end() }
            var configuration = ConnectionConfiguration(
                "host=127.0.0.1 port=\(pooler.port) user=postgres dbname=\(fixture.database.name) sslmode=disable")
            configuration.statementCacheCapacity = 0
            // The bell of a process that was not told.
            let deaf = Bell(configuration, probeTimeout: .milliseconds(500), logger: fixture.logger)
            let pool = ConnectionPool(.init(configuration, maximum: 1), logger: fixture.logger)
            let pump = Pump(pool: pool, configuration: configuration, bell: deaf, logger: fixture.logger)
            try await withService(deaf, logger: fixture.logger) {
                try await withService(pump, logger: fixture.logger) {
                    #expect(await deaf.settledHearing(within: .seconds(60)) == .swallowed)
                    try await eventually("the pump to see it") { lines(fixture, "no pump behind a pooler") == 1 }
                    #expect(try await fixture.count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0)
                }
            }
            await pool.shutDown()

            let bell = Bell(configuration, pollOnly: true, logger: fixture.logger)
            let mirror = try LiveMirror(
                configuration, bell: bell, settings: .init(pollInterval: .milliseconds(20)), logger: fixture.logger)
            try await withService(mirror, logger: fixture.logger) {
                var keys: [String] = []
                var isWritten = false
                for try await event in mirror.events(.everywhere) {
                    if case .record(let live) = event { keys.append(live.record.key ?? "") }
                    if case .caughtUp = event, !isWritten {
                        isWritten = true
                        try await fixture.psql("INSERT INTO t VALUES (1), (2)")
                    }
                    if keys.count == 2 { break }
                }
                #expect(keys == [#"{"id":1}"#, #"{"id":2}"#])
            }
        }
    }

    @Test("tail --poll-only reads, and status says how commits are heard of here, and why", .timeLimit(.minutes(10)))
    func commands() async throws {
        try await Captured.with("CREATE TABLE t (id bigint PRIMARY KEY);") { t in
            try await t.write("INSERT INTO t VALUES (1), (2)")
            let tail = try await t.fixture.heliograph(
                ["tail", "--poll-only", "--poll-interval", "0.05", "--from", "beginning", "--count", "2", "--json"])
            #expect(tail.status == 0 && tail.lines.count == 2)
            #expect(try await t.fixture.heliograph(["tail", "--poll-interval", "0"]).status == 2)
            let heard = try await t.fixture.heliograph(["status"])
            #expect(heard.lines.contains("heard here proved: notifications arrive"), "\(heard.lines)")
            let polled = try await t.fixture.heliograph(["status", "--poll-only", "--json"])
            #expect(polled.lines.contains { $0.contains(#""heard_here":"poll-only""#) }, "\(polled.lines)")
        }
    }
}
