import Heliograph
import HeliographTesting
import Testing

/// A log that is dumped from one cluster and restored into another: two subscriptions, one of which has read a part and one
/// nothing, go on exactly where they were, with what was written before anybody looked at the restored log.
@Suite("A log that was restored from a dump")
struct RebaseTests {
    /// Draws transaction ids.
    static func drawing(_ count: Int) -> String {
        """
        CREATE TEMPORARY TABLE drawn (id int);
        DO $$ BEGIN FOR i IN 1..\(count) LOOP BEGIN INSERT INTO drawn VALUES (1); EXCEPTION WHEN division_by_zero THEN END; END LOOP; END $$;
        """
    }

    private static let effects = Effects.subscription("effects")
    private static let late = Subscription(
        "late", sources: [.init(sender: "public.t", operations: [.insert])], lanes: 4, start: .now
    ) { record, tx in
        try await tx.execute("INSERT INTO noted (record) VALUES (\(record.key ?? ""))")
    }

    /// A dump of a log with unread records.
    /// - Parameter drawn: how many transaction ids the cluster has drawn before.
    private func dump(drawn: Int) async throws -> String {
        var dump = ""
        try await Fixture.onOwnServer(.log) { source in
            try await source.psql(Self.drawing(drawn))
            let written = try await Effects.make(in: source)
            try await source.psql("CREATE TABLE noted (record text NOT NULL)")
            try await written.withWorker([Self.effects]) {
                try await source.psql("INSERT INTO t SELECT generate_series(1, 50)")
                try await written.settled()
            }
            // Not in the order of their ids: one that began before the places below were taken.
            try await source.withConnection { early in
                try await early.query("BEGIN")
                try await early.query("INSERT INTO t SELECT generate_series(51, 60)")
                try await source.psql("INSERT INTO t SELECT generate_series(61, 70)")
                try await written.withWorker([Self.effects, Self.late]) {
                    try await written.held(lanes: 12)
                    try await source.psql("INSERT INTO t SELECT generate_series(71, 80)")
                    try await eventually("both") {
                        let noted = try await source.count("SELECT count(*) FROM noted")
                        let applied = try await source.count("SELECT count(*) FROM effect")
                        return noted == 10 && applied == 70
                    }
                }
                try await early.query("COMMIT")
            }
            try await source.psql("INSERT INTO t SELECT generate_series(81, 100)")
            dump = try await source.cluster.dump(database: source.database.name)
        }
        return dump
    }

    /// Restores it, and lets `body` see the restored log before workers start.
    private func restore(_ dump: String, drawn: Int, _ body: (Effects) async throws -> Void) async throws {
        try await Fixture.onOwnServer { target in
            try await target.psql(Document("roles.md").sample("as a superuser: groups"))
            try await target.psql(Self.drawing(drawn))
            try await target.psql(dump)
            // By the restored triggers, before anybody looks.
            try await target.psql("INSERT INTO t SELECT generate_series(101, 110)")
            try await body(Effects(fixture: target))
        }
    }

    /// All rows have one effect, those committed after `late` began are noted once.
    private func expectExact(in effects: Effects) async throws {
        try await effects.withWorker([Self.effects, Self.late]) {
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(111, 120)")
            try await effects.settled()
            try await eventually("what the other notes") {
                try await effects.fixture.count("SELECT count(*) FROM noted") >= 60
            }
        }
        try await effects.expect(faults: [])
        #expect(
            try await effects.fixture.psql(
                "SELECT count(*), count(DISTINCT record), min((record::json ->> 'id')::int), max((record::json ->> 'id')::int) FROM noted"
            )
                == "60|60|51|120")
    }

    @Test(
        "Into a younger cluster: refused with what to do, then nothing is lost and nothing twice",
        .timeLimit(.minutes(10)))
    func younger() async throws {
        try await restore(dump(drawn: 20_000), drawn: 1) { effects in
            try await effects.fixture.withConnection { connection in
                let error = await #expect(throws: LogError.self) {
                    try await LogReader().noteIncarnation(on: connection)
                }
                #expect(error?.code == .otherCluster)
                #expect(error?.message.contains("SELECT heliograph.rebase()") == true, "\(error?.message ?? "")")
            }
            #expect(try await effects.fixture.psql("SELECT heliograph.rebase()").hasPrefix("100 records and "))
            try await expectExact(in: effects)
            #expect(try await effects.fixture.psql("SELECT heliograph.rebase()").contains("nothing to do"))
        }
    }

    @Test(
        "Into a younger cluster that has caught up before anybody looked: noticed all the same",
        .timeLimit(.minutes(10))
    )
    func caughtUp() async throws {
        try await restore(dump(drawn: 20_000), drawn: 1) { effects in
            try await effects.fixture.psql(Self.drawing(60_000))
            try await effects.fixture.withConnection { connection in
                let error = await #expect(throws: LogError.self) {
                    try await LogReader().noteIncarnation(on: connection)
                }
                #expect(error?.code == .otherCluster)
            }
            try await effects.fixture.psql("SELECT heliograph.rebase()")
            try await expectExact(in: effects)
        }
    }

    @Test("Into a cluster that is ahead: it goes on by itself", .timeLimit(.minutes(10)))
    func older() async throws {
        try await restore(dump(drawn: 1), drawn: 60_000) { effects in
            #expect(try await effects.fixture.psql("SELECT heliograph.rebase()").contains("nothing to do"))
            try await expectExact(in: effects)
        }
    }
}
