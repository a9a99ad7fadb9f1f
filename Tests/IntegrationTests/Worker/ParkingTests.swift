import Heliograph
import HeliographTesting
import Synchronization
import Testing

/// A record whose receiver fails is parked, with those of its row behind it; everything else goes on.
@Suite("Worker: parked records and dead letters")
struct ParkingTests {
    struct Failure: Error {}

    private static let seventh = #"{"id":7}"#

    /// Fails for row 7 while `isBroken` is set.
    private func subscription(
        while isBroken: Flag, lanes: Int = 4, retry: RetryPolicy = .init(maximumAttempts: 3)
    ) -> Subscription {
        Effects.subscription(lanes: lanes, retry: retry) { record, _ in
            if record.key == Self.seventh, isBroken.isSet { throw Failure() }
        }
    }

    private func settledButSeventh(_ effects: Effects) async throws {
        try await eventually("all other rows") {
            try await effects.fixture.count(
                "SELECT (SELECT count(*) FROM effect WHERE key <> 7) - (SELECT sum(v + 1) FROM t WHERE id <> 7)") == 0
        }
    }

    @Test(
        "Other rows of its lane go on; later changes of its row wait behind it, and come in order",
        .timeLimit(.minutes(10)))
    func order() async throws {
        try await Effects.with { effects in
            let isBroken = Flag()
            isBroken.set()
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 60)")
            try await effects.withWorker([subscription(while: isBroken, lanes: 1, retry: .init(maximumAttempts: 1_000))]
            ) {
                try await settledButSeventh(effects)
                try await effects.fixture.psql("UPDATE t SET v = v + 1; UPDATE t SET v = v + 1 WHERE id = 7")
                try await settledButSeventh(effects)
                try await eventually("three parked") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery WHERE key ->> 'id' = '7'")
                        == 3
                }
                #expect(try await effects.fixture.count("SELECT count(*) FROM effect WHERE key = 7") == 0)
                isBroken.clear()
                try await effects.settled()
            }
            try await effects.expect(faults: [])
            #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 0)
            #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.attempt") == 0)
        }
    }

    @Test(
        "After the last try it is a dead letter with the history of its tries; retried by a person it comes in order",
        .timeLimit(.minutes(10)))
    func deadLetter() async throws {
        try await Effects.with { effects in
            let isBroken = Flag()
            isBroken.set()
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
            try await effects.withWorker([subscription(while: isBroken)]) {
                try await eventually("a dead letter") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery WHERE state = 'dead'")
                        == 1
                }
                try await settledButSeventh(effects)
                try await effects.fixture.withConnection { connection in
                    let tries = try await connection.texts(
                        "SELECT concat_ws(' ', number, worker, error) FROM heliograph.attempt ORDER BY number")
                    #expect(tries == (1...3).map { "\($0) worker Failure()" })
                }
                try await effects.fixture.psql("UPDATE t SET v = v + 1 WHERE id = 7")
                try await eventually("its next change behind it") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 2
                }
                isBroken.clear()
                try await effects.fixture.psql(
                    "SELECT heliograph.retry_deliveries(ARRAY(SELECT id FROM heliograph.delivery WHERE state = 'dead'))"
                )
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }

    @Test("A discarded dead letter lets those behind it go", .timeLimit(.minutes(10)))
    func discarded() async throws {
        try await Effects.with { effects in
            let isBroken = Flag()
            isBroken.set()
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
            try await effects.withWorker([subscription(while: isBroken)]) {
                try await eventually("a dead letter") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery WHERE state = 'dead'")
                        == 1
                }
                isBroken.clear()
                try await effects.fixture.psql("UPDATE t SET v = v + 1 WHERE id = 7")
                try await effects.fixture.psql(
                    "SELECT heliograph.discard_deliveries(ARRAY(SELECT id FROM heliograph.delivery WHERE state = 'dead'))"
                )
                try await eventually("the change behind it") {
                    try await effects.fixture.count("SELECT count(*) FROM effect WHERE key = 7 AND v = 1") == 1
                }
            }
            try await effects.expect(faults: ["lost 7/0"])
        }
    }

    @Test(
        "onDead: .release lets the row's later changes go on at once; the dead letter comes after them",
        .timeLimit(.minutes(10)))
    func released() async throws {
        try await Effects.with { effects in
            let isBroken = Flag()
            isBroken.set()
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
            let retry = RetryPolicy(maximumAttempts: 2, onDead: .release)
            try await effects.withWorker([subscription(while: isBroken, retry: retry)]) {
                try await eventually("a dead letter") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery WHERE state = 'dead'")
                        == 1
                }
                isBroken.clear()
                try await effects.fixture.psql("UPDATE t SET v = v + 1 WHERE id = 7")
                try await eventually("the later change") {
                    try await effects.fixture.count("SELECT count(*) FROM effect WHERE key = 7 AND v = 1") == 1
                }
                try await effects.fixture.psql(
                    "SELECT heliograph.retry_deliveries(ARRAY(SELECT id FROM heliograph.delivery))")
                try await effects.settled()
            }
            try await effects.expect(faults: ["out of order 7/0"])
        }
    }

    @Test("unordered: each record for itself", .timeLimit(.minutes(10)))
    func unordered() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql(
                "INSERT INTO t SELECT generate_series(1, 20); UPDATE t SET v = 1; UPDATE t SET v = 2")
            let isBroken = Flag()
            isBroken.set()
            let retry = RetryPolicy(maximumAttempts: 1_000, order: .unordered)
            let subscription = Effects.subscription(lanes: 2, retry: retry) { record, _ in
                guard record.key == Self.seventh, record.instance?.contains("1}") == true || record.isCreated else {
                    return
                }
                if isBroken.isSet { throw Failure() }
            }
            try await effects.withWorker([subscription]) {
                try await eventually("the last change of the row") {
                    try await effects.fixture.count("SELECT count(*) FROM effect WHERE key = 7 AND v = 2") == 1
                }
                isBroken.clear()
                try await effects.settled()
            }
            let faults = try await effects.faults
            #expect(faults.allSatisfy { $0.hasPrefix("out of order 7/") })
            #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 0)
        }
    }

    @Test(
        "A record that is put off comes later, with those behind it, and that is no failed try",
        .timeLimit(.minutes(10))
    )
    func snoozed() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20); UPDATE t SET v = 1")
            let count = Mutex(0)
            let subscription = Effects.subscription(lanes: 2, retry: .init(maximumAttempts: 1)) { record, _ in
                guard record.key == Self.seventh, record.isCreated else { return }
                let call = count.withLock { count in
                    count += 1
                    return count
                }
                if call <= 4 { throw Snooze(for: .milliseconds(20)) }
            }
            try await effects.withWorker([subscription]) { try await effects.settled() }
            try await effects.expect(faults: [])
        }
    }

    @Test(
        "When everything fails nothing is parked but the first few, and all goes on when it is over",
        .timeLimit(.minutes(10)))
    func outage() async throws {
        try await Effects.with { effects in
            let isBroken = Flag()
            isBroken.set()
            let bodies = Mutex(0)
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 500)")
            let subscription = Effects.subscription(lanes: 4) { _, _ in
                bodies.withLock { $0 += 1 }
                if isBroken.isSet { throw Failure() }
            }
            try await effects.withWorker([subscription]) {
                try await eventually("the outage to be noticed") {
                    effects.fixture.log.lines.contains { $0.contains("everything fails") }
                }
                let before = bodies.withLock { $0 }
                try await eventually("some probes") { bodies.withLock { $0 } >= before + 3 }
                #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") < 10)
                isBroken.clear()
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }

    @Test("An outage of parked records ends although nobody writes any more", .timeLimit(.minutes(10)))
    func quietOutage() async throws {
        try await Effects.with { effects in
            let isEarly = Flag()
            isEarly.set()
            let isBroken = Flag()
            isBroken.set()
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 8)")
            let subscription = Effects.subscription(lanes: 1) { _, _ in
                if isEarly.isSet { throw Snooze(for: .seconds(3_600)) }
                if isBroken.isSet { throw Failure() }
            }
            try await effects.withWorker([subscription]) {
                try await eventually("all parked, so that the log holds nothing to try") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 8
                }
                isEarly.clear()
                try await effects.fixture.psql(
                    "SELECT heliograph.retry_deliveries(ARRAY(SELECT id FROM heliograph.delivery))")
                try await eventually("the outage to be noticed") {
                    effects.fixture.log.lines.contains { $0.contains("everything fails") }
                }
                isBroken.clear()
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }

    @Test("Too many parked records of one row hold its lane, and nothing is lost", .timeLimit(.minutes(10)))
    func fullKey() async throws {
        try await Effects.with { effects in
            let isBroken = Flag()
            isBroken.set()
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
            let retry = RetryPolicy(maximumAttempts: 100_000, maximumParkedPerKey: 3)
            try await effects.withWorker([subscription(while: isBroken, retry: retry)]) {
                for _ in 0..<8 { try await effects.fixture.psql("UPDATE t SET v = v + 1 WHERE id = 7") }
                try await eventually("the lane to stop") {
                    effects.fixture.log.lines.contains { $0.contains("3 records of its row are parked") }
                }
                #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 3)
                isBroken.clear()
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }

    @Test(
        "Parked records change hands with their lane; two workers and random failures: each effect once, in order",
        .timeLimit(.minutes(10)))
    func twoWorkers() async throws {
        try await Effects.with { effects in
            let subscription = Effects.subscription(retry: .init(maximumAttempts: 10_000)) { _, _ in
                if Int.random(in: 0..<5) == 0 { throw Failure() }
            }
            try await effects.withWorker([subscription], name: "one") {
                for _ in 0..<3 {
                    try await effects.withWorker([subscription], name: "two") {
                        try await effects.fixture.psql(
                            "INSERT INTO t SELECT generate_series(n, n + 39) FROM (SELECT coalesce(max(id), 0) + 1 AS n FROM t) AS x"
                        )
                        try await effects.fixture.psql("UPDATE t SET v = v + 1")
                        try await effects.settled()
                    }
                }
            }
            try await effects.expect(faults: [])
            #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 0)
        }
    }
}
