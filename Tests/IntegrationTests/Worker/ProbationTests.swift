import Foundation
import Heliograph
import HeliographTesting
import Testing

/// A record that kills the process which receives it does so a few times, and then no more.
@Suite("Worker: records that kill")
struct ProbationTests {
    enum Where: String, CaseIterable { case window, chunk, parked, external }

    /// Runs workers one after the other; each ends without giving anything up when it receives row 7.
    /// - Returns: how many have ended so.
    private func deaths(
        _ effects: Effects, _ configuration: WorkerConfiguration = .forTests, until isOver: () async throws -> Bool,
        ending end: () -> Void = {}, _ make: (Flag) -> Subscription
    ) async throws -> Int {
        var deaths = 0
        while try await !isOver() {
            let death = Flag()
            let worker = Worker(
                [make(death)], database: effects.fixture.configuration, configuration: configuration,
                logger: effects.fixture.logger)
            let life = Task { try await worker.run() }
            try await eventually("a death, or the end") {
                if death.isSet { return true }
                return try await isOver()
            }
            life.cancel()
            end()
            _ = await life.result
            if death.isSet { deaths += 1 }
            if deaths > 20 { break }
        }
        return deaths
    }

    @Test(
        "After five deaths it is a dead letter; all others are received once", .timeLimit(.minutes(10)),
        arguments: Where.allCases)
    func poison(_ place: Where) async throws {
        try await Effects.with { effects in
            let die: @Sendable (Record, Flag) async throws -> Void = { record, death in
                guard record.key == #"{"id":7}"# else { return }
                // It fails at first, and kills when it is tried again.
                if place == .parked, try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 0 {
                    throw NoRow()
                }
                death.set()
                try await Task.sleep(for: .seconds(600))
            }
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 60)")
            let found = try await deaths(effects) {
                try await effects.fixture.count(
                    """
                    SELECT (SELECT count(*) FROM effect) * 100 + count(*)
                    FROM heliograph.delivery AS d JOIN heliograph.attempt AS a ON a.delivery = d.id
                    WHERE d.state = 'dead' AND error LIKE 'the worker died 5 times%'
                    """) == 5_901
            } _: { death in
                switch place {
                case .window, .parked:
                    Effects.subscription(lanes: 2) { record, _ in try await die(record, death) }
                case .chunk:
                    Effects.subscription(lanes: 2, start: .backfill) { record, _ in try await die(record, death) }
                case .external:
                    Subscription(
                        "effects", externalOn: [.init(sender: "public.t", operations: [.insert])], lanes: 2,
                        start: .beginning
                    ) { record, _ in
                        try await die(record, death)
                        let key = try JSONValue(parsing: record.key ?? "null")["id"] ?? .null
                        // What the outside world does with the key: each once.
                        try await effects.fixture.psql(
                            "INSERT INTO effect (key, v, record) SELECT \(key), 0, \(record.id) WHERE NOT EXISTS (SELECT FROM effect WHERE key = \(key))"
                        )
                    }
                }
            }
            #expect(found == 5)
            #expect(
                try await effects.fixture.count(
                    "SELECT count(*) FROM (SELECT key FROM effect GROUP BY key HAVING count(*) > 1) AS d")
                    == 0)
        }
    }

    /// A row whose decoding kills the process, as one that traps would.
    private struct Deadly: Model {
        /// Set when it has been decoded in this life, and how it hears that the life has been ended.
        static let life = Locked<(death: Flag, end: DispatchSemaphore)?>(nil)
        let id: Int64

        init(id: Int64) {
            self.id = id
            guard id == 50, let life = Self.life.value, !life.death.isSet else { return }
            life.death.set()
            life.end.wait()
        }

        static let mapping = Mapping("t", Deadly.init) { Key("id", \.id) }
    }

    @Test(
        "One whose decoding kills is found as well, though records are decoded before their turn",
        .timeLimit(.minutes(10)))
    func decoding() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 60)")
            var configuration = WorkerConfiguration.forTests
            configuration.batchSize = 10
            let found = try await deaths(effects, configuration) {
                try await effects.fixture.count(
                    """
                    SELECT (SELECT count(*) FROM effect) * 100 + count(*)
                    FROM heliograph.delivery AS d JOIN heliograph.attempt AS a ON a.delivery = d.id
                    WHERE d.state = 'dead' AND error LIKE 'the worker died 5 times%'
                    """) == 5_901
            } ending: {
                _ = Deadly.life.value?.end.signal()
            } _: { death in
                Deadly.life.change { $0 = (death, DispatchSemaphore(value: 0)) }
                return Subscription("effects", on: Deadly.self, .created, lanes: 2, start: .beginning) { event, tx in
                    if death.isSet { try await Task.sleep(for: .seconds(600)) }
                    try await tx.execute(
                        "INSERT INTO effect (key, v, record) VALUES (\(event.instance.id), 0, \(event.record.id))")
                }
            }
            // Those that count, one before its turn, and one in its turn but with nobody on probation any more.
            #expect((5...7).contains(found))
            #expect(try await effects.fixture.count("SELECT count(DISTINCT key) FROM effect WHERE key <> 50") == 59)
        }
    }

    @Test(
        "Who gives its lanes up in order leaves no suspicion; one that has lost its session has not died",
        .timeLimit(.minutes(10)))
    func innocent() async throws {
        try await Effects.with { effects in
            try await effects.withWorker([Effects.subscription()], name: "one") {
                try await effects.held(lanes: 8)
                // They are claimed when they have been locked.
                try await eventually("a claim for each") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.claim") == 8
                }
                try await effects.fixture.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'one' AND datname = current_database()"
                )
                try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 100)")
                try await effects.settled()
                #expect(!effects.fixture.log.lines.contains { $0.contains("has not given them up") })
            }
            #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.claim") == 0)
            try await effects.expect(faults: [])
        }
    }
}
