import Heliograph
import HeliographTesting
import Testing

/// What the doctor finds about the log and its readers: each is provoked, found, mended as printed, and found no more.
@Suite("Doctor: the log and its readers")
struct LogFindingsTests {
    private static let table = "CREATE TABLE t (id int PRIMARY KEY, v text);"

    /// Registers a subscription to inserts, as a worker would.
    private func register(_ name: String = "s", lanes: Int = 4, in fixture: Fixture) async throws {
        try await fixture.psql(
            """
            SELECT heliograph.register_subscription(
                '\(name)', 1, '{"sources":[{"sender":"public.t","operations":["insert"]}]}', \(lanes), 'beginning')
            """)
    }

    private func captured(_ body: (Fixture) async throws -> Void) async throws {
        try await Captured.with(Self.table) { try await body($0.fixture) }
    }

    /// On a server of its own: what other tests hold open must not be found.
    private func alone(settings: [String: String] = [:], _ body: (Fixture) async throws -> Void) async throws {
        try await Fixture.onOwnServer(.log, settings: settings) { fixture in
            try await fixture.psql(Self.table + "SELECT heliograph.attach('t')")
            try await body(fixture)
        }
    }

    // MARK: The bell

    @Test("Writers that rely on a pump that is not there")
    func pump() async throws {
        try await captured { fixture in
            try await fixture.psql("SELECT setval('heliograph.bell', 1)")
            try await fixture.withConnection { pump in
                try await pump.query("SELECT pg_advisory_lock(hashtext('heliograph'), hashtext('pump'))")
                #expect(try await fixture.findings().isEmpty)
            }
            try await eventually("the pump's session to end") { try await !fixture.findings().isEmpty }
            try await fixture.expectMended(.warning, "pump", "there is none")
        }
    }

    @Test("A queue of notifications that fills up, and the session that holds it", .timeLimit(.minutes(10)))
    func queue() async throws {
        try await alone(settings: ["max_prepared_transactions": "0"]) { fixture in
            let fill = "SELECT pg_notify('heliograph', repeat('x', 7000) || n) FROM generate_series(1, 10) AS n"
            try await fixture.withConnection(applicationName: "sleeper") { listener in
                try await listener.query("LISTEN heliograph")
                try await listener.query("BEGIN")
                try await fixture.psql(fill)
                let found = try #require(try await fixture.findings(of: "wake_findings(0)").first)
                #expect(found.check == "queue" && found.severity == "warning")
                #expect(found.text.contains("process \(listener.backendProcessID) (sleeper, idle in transaction"))
                #expect(found.mend == "SELECT pg_terminate_backend(\(listener.backendProcessID));")
                // Far from the limit that findings() has.
                #expect(try await fixture.findings(of: "wake_findings()").isEmpty)
                try await fixture.psql(found.mend)
            }
            try await eventually("the queue to be emptied") {
                try await fixture.psql(fill)
                return try await fixture.findings(of: "wake_findings(0)").isEmpty
            }
        }
    }

    // MARK: What holds others up

    @Test("Transactions that are left open, and prepared ones", .timeLimit(.minutes(10)))
    func transactions() async throws {
        try await alone { fixture in
            #expect(try await fixture.findings(of: "transaction_findings('0')").isEmpty)
            try await fixture.withConnection(applicationName: "sleeper") { sleeper in
                try await sleeper.query("BEGIN")
                let found = try await fixture.findings(of: "transaction_findings('0')")
                #expect(found.count == 1 && found.first?.severity == "warning")
                #expect(found.first?.text.hasPrefix("sleeper in database shop (idle in transaction)") == true)
                // Not worth a word so soon.
                #expect(try await fixture.findings(of: "transaction_findings()").isEmpty)
                try await fixture.psql(found.first?.mend ?? "")
            }
            try await eventually("the session to end") {
                try await fixture.findings(of: "transaction_findings('0')").isEmpty
            }
            try await fixture.psql(
                "CREATE TABLE u (id int); BEGIN; INSERT INTO u VALUES (1); PREPARE TRANSACTION 'doctor''s'")
            let found = try await fixture.findings(of: "transaction_findings('0')")
            #expect(found.first?.text.contains("nobody has ended it") == true)
            try await fixture.psql(found.first?.mend ?? "")
            #expect(try await fixture.findings(of: "transaction_findings('0')").isEmpty)
        }
    }

    @Test("A replication slot that nobody uses", .timeLimit(.minutes(10)))
    func slots() async throws {
        try await alone(settings: ["wal_level": "logical"]) { fixture in
            try await fixture.psql("SELECT pg_create_logical_replication_slot('left', 'test_decoding')")
            try await fixture.psql("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
            let found = try #require(
                try await fixture.findings(of: "transaction_findings(xids => 1)").first { $0.check == "slot" })
            #expect(found.severity == "warning" && found.text.contains("nobody uses it"))
            #expect(try await fixture.findings(of: "transaction_findings()").isEmpty)
            try await fixture.psql(found.mend)
            #expect(try await fixture.findings(of: "transaction_findings(xids => 1)").isEmpty)
        }
    }

    // MARK: Retention

    /// Closes the first segment, eight days ago.
    private func age(_ fixture: Fixture) async throws {
        try await fixture.psql(
            """
            INSERT INTO t VALUES (1);
            SELECT heliograph.rotate();
            UPDATE heliograph.segment SET closed_at = closed_at - interval '8 days' WHERE id = 1
            """)
    }

    @Test(
        "An old segment that nobody drops, that a subscription holds, that transactions hold", .timeLimit(.minutes(10)))
    func retention() async throws {
        try await alone { fixture in
            try await age(fixture)
            try await fixture.expectMended(.warning, "retention", "nobody drops it")
            #expect(try await fixture.count("SELECT count(*) FROM heliograph.segment WHERE dropped_at IS NULL") == 1)
        }
        try await alone { fixture in
            try await register(in: fixture)
            try await age(fixture)
            let held = try #require(try await fixture.findings().first)
            #expect(held.check == "retention" && held.text.contains("subscription s has not read all of it"))
            try await fixture.psql(held.mend)
            // It is left to whoever prunes.
            try await fixture.expectMended(.warning, "retention", "nobody drops it")
            #expect(try await fixture.count("SELECT count(*) FROM heliograph.position") == 0)
        }
        try await alone { fixture in
            try await fixture.withConnection(applicationName: "sleeper") { sleeper in
                try await sleeper.query("BEGIN")
                try await sleeper.query("SELECT 1")
                try await age(fixture)
                try await fixture.psql("SELECT heliograph.drop_segment(1, '7 days')")
                let held = try #require(try await fixture.findings().first)
                #expect(held.check == "retention" && held.text.contains("process \(sleeper.backendProcessID) is in"))
                try await fixture.psql(held.mend)
            }
            try await eventually("the session to end") {
                try await fixture.findings().first?.text.contains("nobody drops it") == true
            }
        }
        try await alone { fixture in
            try await fixture.psql(
                "CREATE TABLE u (id int); BEGIN; INSERT INTO u VALUES (1); PREPARE TRANSACTION 'forgotten'")
            try await age(fixture)
            try await fixture.psql("SELECT heliograph.drop_segment(1, '7 days')")
            let held = try #require(try await fixture.findings().first)
            #expect(held.check == "retention" && held.text.contains("prepared transaction forgotten"))
            try await fixture.psql(held.mend)
            try await fixture.expectMended(.warning, "retention", "nobody drops it")
        }
    }

    @Test("A segment that nobody closes; a log that has grown")
    func growth() async throws {
        try await captured { fixture in
            try await fixture.psql("UPDATE heliograph.segment SET opened_at = opened_at - interval '3 days'")
            // Nothing is in it.
            #expect(try await fixture.findings().isEmpty)
            try await fixture.psql("INSERT INTO t VALUES (1)")
            try await fixture.expectMended(.note, "rotation", "where a segment is closed after a day")
            let large = try await fixture.findings(of: "retention_findings(bytes => 1000)")
            #expect(large.first?.check == "log-size" && large.first?.severity == "note")
            try await fixture.psql(large.first?.mend ?? "")
        }
    }

    // MARK: Subscriptions

    @Test("A subscription that nobody runs and that records wait for, one that does not keep up")
    func behind() async throws {
        try await captured { fixture in
            try await register(in: fixture)
            try await fixture.psql("INSERT INTO t SELECT generate_series(1, 7); UPDATE t SET v = 'x'")
            #expect(try await fixture.findings().isEmpty)
            try await fixture.psql("UPDATE heliograph.signal_log SET at = at - interval '1 hour'")
            try await fixture.withConnection { worker in
                try await worker.query("SELECT pg_advisory_lock_shared(hashtext('heliograph/s'), -1)")
                let slow = try #require(try await fixture.findings().first)
                #expect(slow.check == "behind" && slow.text.contains("1 of its workers run"))
                #expect(slow.text.contains("acted upon: 7,"))
            }
            try await eventually("the worker's session to end") {
                try await fixture.findings().first?.text.contains("no worker runs") == true
            }
            try await fixture.expectMended(.warning, "behind", "no worker runs the subscription")
        }
    }

    @Test("A worker that has done everything is not behind", .timeLimit(.minutes(10)))
    func upToDate() async throws {
        try await Effects.with { effects in
            try await effects.withWorker([Effects.subscription()]) {
                try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 50)")
                try await effects.settled()
            }
            try await effects.fixture.psql("UPDATE heliograph.signal_log SET at = at - interval '1 hour'")
            #expect(try await effects.fixture.findings().isEmpty)
        }
    }

    @Test("Subscriptions that are paused, have lapsed, hear a table that is not captured")
    func states() async throws {
        try await captured { fixture in
            try await register(in: fixture)
            try await fixture.psql("UPDATE heliograph.subscription SET state = 'paused'")
            try await fixture.expectMended(.note, "paused", "is paused")
            try await fixture.psql("SELECT heliograph.detach('t')")
            try await fixture.expectMended(.error, "not-captured", "hears public.t, which is not captured")
            try await fixture.psql("UPDATE heliograph.subscription SET state = 'lapsed'")
            try await fixture.expectMended(.error, "lapsed", "has lapsed")
            try await register(in: fixture)
            try await fixture.psql("SELECT heliograph.detach('t'); DROP TABLE t")
            try await fixture.expectMended(.error, "not-captured", "hears public.t")
        }
    }
}
