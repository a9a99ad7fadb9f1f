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
        .timeLimit(.minutes(5)))
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
        .timeLimit(.minutes(5)))
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

    @Test("A worker of an older revision stands by while a newer one works", .timeLimit(.minutes(5)))
    func revisions() async throws {
        try await Effects.with { effects in
            func subscription(_ revision: Int, _ operations: [AttachOptions.Operation], _ mark: Int32) -> Subscription {
                Subscription(
                    "s", sources: [.init(sender: "public.t", operations: operations)], revision: revision,
                    start: .beginning
                ) { record, tx in
                    try await tx.execute(
                        "INSERT INTO effect (key, v, record) VALUES (\(record.id), \(mark), \(record.id))")
                }
            }
            try await effects.withWorker([subscription(2, [.insert], 2)]) {
                try await eventually("the newer one") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.subscription WHERE revision = 2")
                        == 1
                }
                try await effects.withWorker([subscription(1, [.insert, .update], 1)]) {
                    try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 40)")
                    try await eventually("all effects") {
                        try await effects.fixture.count("SELECT count(*) FROM effect") == 40
                    }
                }
            }
            #expect(try await effects.fixture.count("SELECT count(*) FROM effect WHERE v = 2") == 40)
        }
    }
}
