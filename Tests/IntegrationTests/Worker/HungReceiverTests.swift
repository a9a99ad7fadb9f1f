import Heliograph
import HeliographTesting
import Synchronization
import Testing

/// A receiver that never returns is given up: its session is closed, its try counted, and the others are neither lost nor done twice.
@Suite("Worker: receivers that never return")
struct HungReceiverTests {
    struct Failure: Error {}

    private static let sources: [RecordFilter.Source] = [.init(sender: "public.t", operations: [.insert, .update])]

    private static func subscription(
        retry: RetryPolicy = .init(maximumAttempts: 1_000),
        before: @escaping @Sendable (Int64, Record) async throws -> Void
    ) -> Subscription {
        Subscription(
            "effects", sources: sources, lanes: 1, start: .beginning, retry: retry, timeout: .milliseconds(300)
        ) { record, tx in
            try await before(try Int64(json: JSONValue(parsing: record.instance ?? "null")["id"] ?? .null), record)
            try await Effects.apply(record, tx)
        }
    }

    private static func hang() async {
        await withCheckedContinuation { (_: CheckedContinuation<Void, Never>) in }
    }

    @Test("Its record is parked, and its lane goes on", .timeLimit(.minutes(10)))
    func parked() async throws {
        try await Effects.with { effects in
            let once = Flag()
            let subscription = Self.subscription { id, _ in
                guard id == 7, !once.isSet else { return }
                once.set()
                await Self.hang()
            }
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
            try await effects.withWorker([subscription]) { try await effects.settled() }
            try await effects.expect(faults: [])
            #expect(effects.fixture.log.lines.contains { $0.contains("did not return within 0.3 s") })
        }
    }

    @Test("What is cancelled before it is one record, and not all that come after", .timeLimit(.minutes(10)))
    func besideCancelled() async throws {
        try await Effects.with { effects in
            let once = Flag()
            let subscription = Self.subscription { id, _ in
                if id == 1 { throw Cancel("not for me") }
                guard id == 2, !once.isSet else { return }
                once.set()
                await Self.hang()
            }
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
            try await effects.withWorker([subscription]) {
                try await eventually("all but the cancelled one") {
                    try await effects.fixture.count("SELECT count(*) FROM effect WHERE key > 1") >= 19
                }
            }
            try await effects.expect(faults: ["lost 1/0"])
        }
    }

    @Test("What fails before it keeps the later changes of its row behind it", .timeLimit(.minutes(10)))
    func besideFailing() async throws {
        try await Effects.with { effects in
            let once = Flag()
            let failures = Mutex(0)
            let subscription = Self.subscription { id, record in
                if id == 1, record.isCreated {
                    let count = failures.withLock { failures in
                        failures += 1
                        return failures
                    }
                    if count <= 4 { throw Failure() }
                }
                guard id == 2, !once.isSet else { return }
                once.set()
                await Self.hang()
            }
            try await effects.fixture.psql(
                "INSERT INTO t SELECT generate_series(1, 20); UPDATE t SET v = 1; UPDATE t SET v = 2")
            try await effects.withWorker([subscription]) { try await effects.settled() }
            try await effects.expect(faults: [])
        }
    }

    @Test("Tried again it may hang again: what waits behind it is done once, after it", .timeLimit(.minutes(10)))
    func headOfParked() async throws {
        try await Effects.with { effects in
            let isBroken = Flag()
            isBroken.set()
            let once = Flag()
            let subscription = Self.subscription { id, record in
                guard id == 7, record.isCreated else { return }
                if isBroken.isSet { throw Failure() }
                if !once.isSet {
                    once.set()
                    await Self.hang()
                }
            }
            try await effects.fixture.psql(
                "INSERT INTO t SELECT generate_series(1, 20); UPDATE t SET v = 1; UPDATE t SET v = 2")
            try await effects.withWorker([subscription]) {
                try await eventually("three parked") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 3
                }
                isBroken.clear()
                try await effects.settled()
            }
            #expect(once.isSet)
            try await effects.expect(faults: [])
            #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 0)
        }
    }

    @Test(
        "One that always hangs does not keep back the parked ones of its row that are before it",
        .timeLimit(.minutes(10)))
    func behindParked() async throws {
        try await Effects.with { effects in
            let subscription = Subscription(
                "effects", sources: Self.sources, lanes: 1, start: .beginning, retry: .init(maximumAttempts: 2),
                timeout: .milliseconds(300)
            ) { record, tx in
                if record.key == #"{"id":7}"# {
                    if !record.isCreated { await Self.hang() }
                    // Put off until its change is parked behind it: so both are tried together.
                    let parked = try await tx.query("SELECT count(*) FROM heliograph.delivery").first?.decode(
                        0, as: Int.self)
                    if parked ?? 0 < 2 { throw Snooze(for: .milliseconds(10)) }
                }
                try await Effects.apply(record, tx)
            }
            try await effects.fixture.psql(
                "INSERT INTO t SELECT generate_series(1, 20); UPDATE t SET v = 1 WHERE id = 7")
            try await effects.withWorker([subscription]) {
                try await eventually("the first done, the other a dead letter") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery WHERE state = 'dead'")
                        == 1
                }
            }
            try await effects.expect(faults: ["lost 7/1"])
        }
    }
}
