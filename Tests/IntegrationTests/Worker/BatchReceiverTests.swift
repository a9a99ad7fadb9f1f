import Heliograph
import HeliographTesting
import Synchronization
import Testing

/// Receivers that work on many records in one transaction: side by side, or as one set.
@Suite("Worker: batches")
struct BatchReceiverTests {
    struct Failure: Error {}

    private static let sources: [RecordFilter.Source] = [.init(sender: "public.t", operations: [.insert, .update])]

    private static func id(_ record: Record) throws -> Int64 {
        try Int64(json: JSONValue(parsing: record.instance ?? "null")["id"] ?? .null)
    }

    @Test("A set at once; a failing record is found by halving, the others are kept", .timeLimit(.minutes(10)))
    func bisected() async throws {
        try await Effects.with { effects in
            let isBroken = Flag()
            isBroken.set()
            let sizes = Mutex<[Int]>([])
            let subscription = Subscription("effects", batchesOf: Self.sources, lanes: 2, start: .beginning) {
                records, tx in
                sizes.withLock { $0.append(records.count) }
                let ids = try records.map(Self.id)
                if isBroken.isSet, ids.contains(7) { throw Failure() }
                try await tx.execute(
                    """
                    INSERT INTO effect (key, v, record)
                    SELECT id, 0, record FROM unnest(\(ids), \(records.map(\.id))) AS x (id, record)
                    """)
            }
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 60)")
            try await effects.withWorker([subscription]) {
                try await eventually("all but one") {
                    try await effects.fixture.count("SELECT count(*) FROM effect") == 59
                }
                isBroken.clear()
                try await effects.settled()
            }
            try await effects.expect(faults: [])
            #expect(sizes.withLock { $0.max() ?? 0 } > 20)
        }
    }

    private struct Noted: Model {
        /// The rows that have been decoded.
        static let decoded = Locked<Set<Int64>>([])
        let id: Int64

        init(id: Int64) {
            self.id = id
            Self.decoded.change { $0.insert(id) }
        }

        static let mapping = Mapping("t", Noted.init) { Key("id", \.id) }
    }

    @Test(
        "The records behind a batch are read and decoded while it is worked on, though others' lanes stand elsewhere",
        .timeLimit(.minutes(10)), arguments: [1, 2])
    func decodedAhead(groups: Int) async throws {
        try await Effects.with { effects in
            var configuration = WorkerConfiguration.forTests
            configuration.batchSize = 10
            let rows = Int64(groups * 1_000)..<Int64(groups * 1_000 + 60)
            let isFirst = Flag()
            isFirst.set()
            let subscription = Subscription("effects", batchesOf: Noted.self, .created, lanes: 2, start: .beginning) {
                events, tx in
                if isFirst.isSet {
                    try await eventually("the next ones are decoded") {
                        Noted.decoded.value.intersection(rows).count >= 2 * 10
                    }
                    isFirst.clear()
                }
                try await tx.execute(
                    """
                    INSERT INTO effect (key, v, record)
                    SELECT id, 0, record FROM unnest(\(events.map(\.instance.id)), \(events.map(\.record.id))) AS x (id, record)
                    """)
            }
            if groups == 2 {
                let places: SQL = """
                    SELECT count(DISTINCT p.lo) FROM heliograph.subscription AS s
                    CROSS JOIN LATERAL heliograph.current_positions(s.id, '{0,1}') AS p
                    """
                try await effects.withWorker([subscription]) {
                    try await eventually("the lanes are there") { try await effects.fixture.count(places) == 1 }
                }
                // As when two processes have shared them, and one is left.
                try await effects.fixture.psql("SELECT pg_current_xact_id()")
                try await effects.fixture.psql(
                    """
                    SELECT heliograph.advance(
                        s.id, ARRAY[p.lane], ARRAY[p.version], p.generation, NULL, NULL, 0, lo_snapshot => heliograph.take_snapshot())
                    FROM heliograph.subscription AS s CROSS JOIN LATERAL heliograph.current_positions(s.id, '{0}') AS p
                    """)
                #expect(try await effects.fixture.count(places) == 2)
            }
            try await effects.fixture.psql(
                "INSERT INTO t SELECT generate_series(\(rows.lowerBound), \(rows.upperBound - 1))")
            try await effects.withWorker([subscription], configuration) { try await effects.settled() }
            try await effects.expect(faults: [])
        }
    }

    @Test("Side by side their statements travel together: far fewer round trips than records", .timeLimit(.minutes(10)))
    func shared() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 400); UPDATE t SET v = 1")
            let together = Mutex((now: 0, most: 0))
            let subscription = Effects.subscription { _, tx in
                together.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                try await tx.query("SELECT 1")
                together.withLock { $0.now -= 1 }
            }
            try await effects.withWorker([subscription]) { try await effects.settled() }
            try await effects.expect(faults: [])
            #expect(together.withLock { $0.most } > 50)
        }
    }

    @Test("A savepoint makes them run one after the other, and nothing is lost over it", .timeLimit(.minutes(10)))
    func exclusive() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 100)")
            let subscription = Effects.subscription { record, tx in
                guard try Self.id(record) % 10 == 0 else { return }
                await #expect(throws: (any Error).self) {
                    try await tx.savepoint { tx in
                        try await tx.execute("INSERT INTO effect (key, v, record) VALUES (0, 0, 0)")
                        throw Failure()
                    }
                }
            }
            try await effects.withWorker([subscription]) { try await effects.settled() }
            try await effects.expect(faults: [])
        }
    }

    @Test(
        "Of many side by side the one whose statement fails is parked, whatever it makes of the error",
        .timeLimit(.minutes(10)))
    func culprit() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 100)")
            let isBroken = Flag()
            isBroken.set()
            let subscription = Effects.subscription { record, tx in
                guard isBroken.isSet, try Self.id(record) % 40 == 7 else { return }
                _ = try? await tx.query("SELECT 1/0")
            }
            try await effects.withWorker([subscription]) {
                try await eventually("all but three") {
                    try await effects.fixture.count("SELECT count(*) FROM effect") == 97
                }
                #expect(
                    try await effects.fixture.count(
                        "SELECT count(*) FROM heliograph.delivery WHERE (key ->> 'id')::int % 40 = 7") == 3)
                isBroken.clear()
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }

    @Test("One that is busy elsewhere does not hold up the statements of the others for ever", .timeLimit(.minutes(10)))
    func busyElsewhere() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 50)")
            let arrived = Flag()
            let subscription = Effects.subscription { record, tx in
                if try Self.id(record) == 7 {
                    // Ends only when the others' statements have been run.
                    try await eventually("the others") { arrived.isSet }
                } else {
                    try await tx.query("SELECT 1")
                    arrived.set()
                }
            }
            try await effects.withWorker([subscription]) { try await effects.settled() }
            try await effects.expect(faults: [])
        }
    }
}
