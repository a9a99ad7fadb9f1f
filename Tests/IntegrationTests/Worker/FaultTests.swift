import Heliograph
import HeliographTesting
import Testing

/// Sessions, servers and workers die: the effect of each committed change is there once.
@Suite("Worker: faults")
struct FaultTests {
    /// Writes inserts and updates in small transactions, some of them rolled back.
    private func write(_ count: Int, to effects: Effects) async throws {
        try await effects.fixture.withConnection { connection in
            for id in 0..<Int64(count) {
                try await connection.pipeline([
                    "BEGIN", "INSERT INTO t VALUES (\(id))", "UPDATE t SET v = v + 1 WHERE id = \(id / 2)",
                    id % 7 == 3 ? "ROLLBACK" : "COMMIT",
                ])
            }
        }
    }

    @Test("Sessions that are terminated again and again", .timeLimit(.minutes(10)))
    func terminatedSessions() async throws {
        try await Effects.with { effects in
            let subscription = Effects.subscription()
            try await effects.withWorker([subscription], name: "victim") {
                try await effects.withWorker([subscription], name: "victim") {
                    // The set-up is looked at once, at the start, and must find the server.
                    try await effects.held(lanes: 8)
                    let isOver = Flag()
                    try await withThrowingTaskGroup(of: Int.self) { group in
                        group.addTask {
                            try await write(400, to: effects)
                            isOver.set()
                            return 0
                        }
                        group.addTask {
                            try await effects.fixture.withConnection { connection in
                                var killed = 0
                                while !isOver.isSet || killed < 20 {
                                    killed += try await connection.query(
                                        """
                                        SELECT pg_terminate_backend(pid) FROM (
                                            SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'
                                            AND datname = current_database() ORDER BY random() LIMIT 1) AS one
                                        """
                                    ).count
                                    try await connection.query("SELECT pg_sleep(0.02)")
                                }
                                return killed
                            }
                        }
                        let killed = try await group.reduce(0, +)
                        #expect(killed >= 20)
                    }
                    try await effects.settled()
                }
            }
            try await effects.expect(faults: [])
        }
    }

    @Test("A server that is restarted, and one that crashes", .timeLimit(.minutes(10)))
    func restartedServer() async throws {
        try await Fixture.onOwnServer(.log) { fixture in
            let effects = try await Effects.make(in: fixture)
            try await effects.withWorker([Effects.subscription()]) {
                var first: Int64 = 0
                for mode in [LocalCluster.ShutdownMode.fast, .immediate] {
                    try await fixture.psql("INSERT INTO t SELECT generate_series(\(first), \(first + 499))")
                    try await eventually("some effects") {
                        try await fixture.count("SELECT count(*) FROM effect") > first
                    }
                    try await fixture.cluster.restart(mode)
                    first += 500
                    try await fixture.psql("UPDATE t SET v = v + 1")
                    try await effects.settled()
                }
            }
            try await effects.expect(faults: [])
        }
    }

    @Test(
        "A worker whose session dies between its effects and its commit leaves neither; its successor does both",
        .timeLimit(.minutes(10)))
    func diesBeforeCommit() async throws {
        try await Effects.with { effects in
            let isFirst = Flag()
            let subscription = Effects.subscription { _, tx in
                let wasFirst = isFirst.isSet
                isFirst.set()
                if !wasFirst {
                    // The effect is written, then the session ends before the position and COMMIT.
                    try await tx.execute("INSERT INTO effect (key, v, record) VALUES (1, 0, 0)")
                    try await tx.query("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            try await effects.fixture.psql("INSERT INTO t VALUES (1)")
            try await effects.withWorker([subscription]) { try await effects.settled() }
            try await effects.expect(faults: [])
            #expect(try await effects.fixture.count("SELECT count(*) FROM effect WHERE record = 0") == 0)
        }
    }

    @Test("Two that both believe they hold a lane: the position lets only one of them commit", .timeLimit(.minutes(10)))
    func stolenLane() async throws {
        try await Effects.with { effects in
            let isStolen = Flag()
            let subscription = Effects.subscription(lanes: 1) { record, tx in
                guard !isStolen.isSet else { return }
                isStolen.set()
                // Somebody moves the lane while this batch is open, as a worker would that has taken it over.
                try await effects.fixture.withConnection { connection in
                    try await connection.query(
                        """
                        SELECT heliograph.advance(subscription, ARRAY[lane], ARRAY[version], generation, lo, NULL, 0)
                        FROM heliograph.position ORDER BY version DESC LIMIT 1
                        """
                    )
                }
                _ = record
                _ = tx
            }
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
            try await effects.withWorker([subscription]) { try await effects.settled() }
            // The first batch was refused as a whole and done again from the position that was found.
            try await effects.expect(faults: [])
        }
    }

    @Test("The checker sees an effect that is not in the worker's transaction: it is doubled", .timeLimit(.minutes(10)))
    func checkerCatches() async throws {
        try await Effects.with { effects in
            let failed = Flag()
            let careless = Subscription(
                "careless", sources: [.init(sender: "public.t", operations: [.insert, .update])], start: .beginning
            ) { record, _ in
                try await effects.fixture.withConnection { connection in
                    try await connection.query(
                        "INSERT INTO effect (key, v, record) VALUES (\(record.id), 0, \(record.id))")
                }
                let isSecond = failed.isSet
                failed.set()
                if !isSecond { throw ReceiverFailureTests.Failure() }
            }
            try await effects.fixture.psql("INSERT INTO t VALUES (1)")
            try await effects.withWorker([careless]) {
                try await eventually("both effects") {
                    try await effects.fixture.count("SELECT count(*) FROM effect") == 2
                }
            }
            try await effects.expect(faults: ["doubled 1/0"])
            try await effects.fixture.psql("DELETE FROM effect")
            try await effects.expect(faults: ["lost 1/0"])
            try await effects.fixture.psql(
                "UPDATE t SET v = 1; INSERT INTO effect (key, v, record) VALUES (1, 1, 1), (1, 0, 1), (9, 0, 1)")
            try await effects.expect(faults: ["never written 9/0", "out of order 1/0"])
        }
    }
}
