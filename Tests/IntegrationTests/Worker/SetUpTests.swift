import Heliograph
import HeliographTesting
import Testing

@Suite("Worker: a set-up that cannot work")
struct WorkerSetUpTests {
    private func failure(_ subscriptions: [Subscription], in fixture: Fixture) async -> (any Error)? {
        do {
            let worker = Worker(
                subscriptions, database: fixture.configuration, configuration: .forTests, logger: fixture.logger
            )
            try await worker.run()
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "No schema, no capture, a declaration twice or against another one: it ends at once and says what to do",
        .timeLimit(.minutes(10)))
    func refused() async throws {
        try await Fixture.with { fixture in
            let error = await failure([Effects.subscription()], in: fixture) as? LogError
            #expect(error?.code == .notInstalled)
        }
        try await Fixture.with(.log) { fixture in
            let notAttached = await failure([Effects.subscription()], in: fixture) as? WorkerError
            #expect(notAttached?.code == .notAttached)
            #expect(notAttached?.message.contains("heliograph attach public.t") == true)
            let twice = await failure([Effects.subscription(), Effects.subscription()], in: fixture) as? WorkerError
            #expect(twice?.code == .badDeclaration)
            let effects = try await Effects.make(in: fixture)
            try await effects.withWorker([Effects.subscription()]) {
                try await eventually("the subscription") {
                    try await fixture.count("SELECT count(*) FROM heliograph.subscription") == 1
                }
            }
            let other = Subscription("effects", sources: [.init(sender: "public.t", operations: [.delete])]) { _, _ in }
            let conflict = await failure([other], in: fixture) as? WorkerError
            #expect(conflict?.code == .conflictingDeclaration)
            #expect(conflict?.message.contains("raise its revision") == true)
        }
        let nowhere = Fixture(
            cluster: try await LocalCluster.shared,
            database: TestDatabase(name: "x", connectionString: "host=/nonexistent")
        )
        let unreachable = await failure([Effects.subscription()], in: nowhere) as? PostgresError
        #expect(unreachable?.code == .connectionFailed)
    }

    @Test(
        "The lanes of the database hold, whatever the code says: two counts would do work twice",
        .timeLimit(.minutes(10)))
    func laneCount() async throws {
        try await Effects.with { effects in
            try await effects.withWorker([Effects.subscription(lanes: 4)]) {
                try await effects.held(lanes: 4)
                try await effects.withWorker([Effects.subscription(lanes: 16)]) {
                    try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 100)")
                    try await effects.settled()
                }
            }
            try await effects.expect(faults: [])
            #expect(try await effects.fixture.count("SELECT lanes::bigint FROM heliograph.subscription") == 4)
        }
    }

    private func subscription(
        revision: Int, _ operations: [AttachOptions.Operation] = [.insert]
    ) -> Subscription {
        Subscription(
            "s", sources: [.init(sender: "public.t", operations: operations)], revision: revision, start: .beginning
        ) { record, tx in
            try await tx.execute("INSERT INTO effect (key, v, record) VALUES (\(record.id), \(revision), \(record.id))")
        }
    }

    @Test("A worker of an older revision stands by while a newer one works", .timeLimit(.minutes(10)))
    func olderComesLater() async throws {
        try await Effects.with { effects in
            try await effects.withWorker([subscription(revision: 2)]) {
                try await effects.held(lanes: 32)
                try await effects.withWorker([subscription(revision: 1, [.insert, .update])]) {
                    try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 40)")
                    try await effects.count(40, revision: 2)
                }
            }
            #expect(try await effects.fixture.count("SELECT count(*) FROM effect") == 40)
        }
    }

    @Test("A worker of an older revision that runs hands over to a newer one that comes", .timeLimit(.minutes(10)))
    func newerComesLater() async throws {
        try await Effects.with { effects in
            try await effects.withWorker([subscription(revision: 1, [.insert, .update])], name: "older") {
                try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 10)")
                try await effects.count(10, revision: 1)
                try await effects.withWorker([subscription(revision: 2)], name: "newer") {
                    try await eventually("the newer one's declaration") {
                        try await effects.fixture.count("SELECT revision::int8 FROM heliograph.subscription") == 2
                    }
                    try await effects.fixture.psql("INSERT INTO t SELECT generate_series(11, 50); UPDATE t SET v = 1")
                    try await effects.count(40, revision: 2)
                    // Without waiting for a record that it would fail with.
                    try await eventually("all lanes to be the newer one's") {
                        try await effects.fixture.withConnection { connection in
                            let holders = try await StatusReader().read(on: connection).holders
                            return holders.map(\.applicationName) == ["newer"] && holders[0].lanes.count == 32
                        }
                    }
                }
            }
            #expect(try await effects.fixture.count("SELECT count(*) FROM effect") == 50)
            #expect(effects.fixture.log.lines.contains { $0.contains("standing by") })
        }
    }
}

extension Effects {
    /// Waits until a declaration of a subscription has had so many effects.
    fileprivate func count(_ number: Int, revision: Int) async throws {
        try await eventually("\(number) effects of revision \(revision)") {
            try await fixture.count("SELECT count(*) FROM effect WHERE v = \(revision)") == number
        }
    }
}
