import Heliograph
import HeliographTesting
import Synchronization
import Testing

/// Receivers that act on the outside world: called at least once, in order per row, with no transaction open.
@Suite("Worker: external receivers")
struct ExternalTests {
    /// The outside world: it hears calls, and remembers those that succeeded.
    private final class Outside: Sendable {
        struct Call: Sendable {
            let key: String
            let version: Int
            let idempotencyKey: String
            let fencingToken: Int64
        }
        private let state = Mutex<(calls: [Call], running: Int, most: Int)>(([], 0, 0))

        var calls: [Call] { state.withLock(\.calls) }
        /// So many at the same time.
        var mostRunning: Int { state.withLock(\.most) }

        func begin() {
            state.withLock { state in
                state.running += 1
                state.most = max(state.most, state.running)
            }
        }

        func end(_ records: [Record], _ call: ExternalCall?) throws {
            let heard = try records.map { record in
                let row = try JSONValue(parsing: record.instance ?? "null")
                return Call(
                    key: record.key ?? "", version: Int(try Int32(json: row["v"] ?? .null)),
                    idempotencyKey: call?.idempotencyKey ?? "", fencingToken: call?.fencingToken ?? 0)
            }
            state.withLock { state in
                state.running -= 1
                state.calls += heard
            }
        }

        func fail() { state.withLock { $0.running -= 1 } }
    }

    private static let source = RecordFilter.Source(sender: "public.t", operations: [.insert, .update])

    private func subscription(
        _ outside: Outside, lanes: Int = 4, retry: RetryPolicy = .init(maximumAttempts: 1_000), concurrency: Int = 8,
        timeout: Duration = .seconds(20),
        before: @escaping @Sendable (Record, ExternalCall) async throws -> Void = { _, _ in }
    ) -> Subscription {
        Subscription(
            "outside", externalOn: [Self.source], lanes: lanes, start: .beginning, retry: retry, timeout: timeout,
            concurrency: concurrency
        ) { record, call in
            outside.begin()
            do { try await before(record, call) } catch {
                outside.fail()
                throw error
            }
            try outside.end([record], call)
        }
    }

    private func done(_ effects: Effects, parked: Int = 0) async throws {
        try await eventually("the subscription to have caught up") {
            let status = try await effects.fixture.withConnection { try await StatusReader().read(on: $0) }
            return status.subscriptions.contains {
                $0.name == "outside" && $0.lagRecords == 0 && $0.parkedRecords == parked
            }
        }
    }

    /// Each version of each row was told, and of no row an older one after a newer (but what was told again from there on).
    private func faults(_ outside: Outside, _ effects: Effects) async throws -> [String] {
        let wanted = try await effects.fixture.withConnection { connection in
            try await connection.texts(
                #"SELECT concat('{"id":', t.id, '} ', n) FROM t CROSS JOIN LATERAL generate_series(0, t.v) AS n"#)
        }
        let calls = outside.calls
        let told = Set(calls.map { "\($0.key) \($0.version)" })
        var faults = wanted.filter { !told.contains($0) }.map { "lost \($0)" }
        var newest: [String: Int] = [:]
        var seen: Set<String> = []
        for call in calls {
            // Told for the first time, it is the next one of its row.
            if seen.insert("\(call.key) \(call.version)").inserted, newest[call.key, default: -1] + 1 != call.version {
                faults.append("out of order \(call.key) \(call.version)")
            }
            newest[call.key] = max(newest[call.key] ?? 0, call.version)
        }
        return faults
    }

    @Test(
        "Several rows at the same time, the changes of one in order, each with a key of its own",
        .timeLimit(.minutes(10)))
    func order() async throws {
        try await Effects.with { effects in
            let outside = Outside()
            try await effects.fixture.psql(
                "INSERT INTO t SELECT generate_series(1, 60); UPDATE t SET v = v + 1; UPDATE t SET v = v + 1 WHERE id < 20"
            )
            // The first calls return when as many are under way as may be.
            let subscription = subscription(outside, concurrency: 5) { _, _ in
                if outside.mostRunning < 5 {
                    try await eventually("five calls at once") { outside.mostRunning >= 5 }
                }
                let open = try await effects.fixture.count(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'worker' AND datname = current_database() AND state = 'idle in transaction'"
                )
                #expect(open == 0)
            }
            try await effects.withWorker([subscription]) { try await done(effects) }
            #expect(try await faults(outside, effects) == [])
            #expect(outside.calls.count == 139)
            #expect(Set(outside.calls.map(\.idempotencyKey)).count == 139)
            #expect(outside.mostRunning == 5)
            for (_, calls) in Dictionary(grouping: outside.calls, by: \.key) {
                #expect(calls.map(\.fencingToken) == calls.map(\.fencingToken).sorted())
            }
        }
    }

    @Test("A failed one is called for again with the same key; its row waits, others go on", .timeLimit(.minutes(10)))
    func retries() async throws {
        try await Effects.with { effects in
            let outside = Outside()
            let keys = Mutex<[String: Set<String>]>([:])
            let failures = Mutex<[Int]>([])
            let isBroken = Flag()
            isBroken.set()
            let subscription = subscription(outside) { record, call in
                keys.withLock { _ = $0["\(record.id)", default: []].insert(call.idempotencyKey) }
                guard record.key == #"{"id":7}"#, isBroken.isSet else { return }
                failures.withLock { $0.append(call.failures) }
                throw NoRow()
            }
            try await effects.withWorker([subscription]) {
                try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 40); UPDATE t SET v = v + 1")
                try await eventually("the others") { outside.calls.count == 78 }
                try await eventually("three tries") { failures.withLock(\.count) >= 3 }
                isBroken.clear()
                try await done(effects)
            }
            #expect(try await faults(outside, effects) == [])
            #expect(outside.calls.count == 80)
            #expect(keys.withLock { $0.values.allSatisfy { $0.count == 1 } })
            #expect(failures.withLock { Array($0.prefix(3)) } == [0, 1, 2])
        }
    }

    @Test("Rejected it is a dead letter at once; cancelled it is done with", .timeLimit(.minutes(10)))
    func decisions() async throws {
        try await Effects.with { effects in
            let outside = Outside()
            let subscription = subscription(outside, retry: .init(maximumAttempts: 50)) { record, _ in
                if record.key == #"{"id":3}"# { throw Reject("no such address") }
                if record.key == #"{"id":4}"# { throw Cancel("not for me") }
            }
            try await effects.withWorker([subscription]) {
                try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 10)")
                try await eventually("the others") { outside.calls.count == 8 }
                try await eventually("a dead letter") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery WHERE state = 'dead'")
                        == 1
                }
            }
            #expect(outside.calls.count == 8)
            #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 1)
            #expect(
                try await effects.fixture.count(
                    "SELECT count(*) FROM heliograph.attempt WHERE error = 'rejected: no such address'") == 1)
        }
    }

    @Test("Asked to wait, it leaves everything where it is until then", .timeLimit(.minutes(10)))
    func unavailable() async throws {
        try await Effects.with { effects in
            let outside = Outside()
            let times = Mutex<[ContinuousClock.Instant]>([])
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 30)")
            // One at a time, so that nobody else has called before the first says so.
            let subscription = subscription(outside, lanes: 1, concurrency: 1) { _, _ in
                let isFirst = times.withLock { times in
                    times.append(.now)
                    return times.count == 1
                }
                if isFirst { throw Unavailable(for: .milliseconds(700), "busy") }
            }
            try await effects.withWorker([subscription]) {
                try await eventually("all of them") { outside.calls.count == 30 }
                try await done(effects)
            }
            let seen = times.withLock(\.self)
            #expect(seen.count == 31)
            #expect(seen[1] - seen[0] >= .milliseconds(700))
            #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.attempt") == 0)
            #expect(try await faults(outside, effects) == [])
        }
    }

    @Test("A call that does not return is given up; the others go on", .timeLimit(.minutes(10)))
    func hung() async throws {
        try await Effects.with { effects in
            let outside = Outside()
            let isHanging = Flag()
            isHanging.set()
            let subscription = subscription(outside, timeout: .milliseconds(200)) { record, _ in
                if record.key == #"{"id":5}"#, isHanging.isSet {
                    // Heeds no cancellation.
                    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                        Task.detached {
                            try? await Task.sleep(for: .seconds(2))
                            continuation.resume()
                        }
                    }
                    throw NoRow()
                }
            }
            try await effects.withWorker([subscription]) {
                try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
                try await eventually("the others") { outside.calls.count == 19 }
                isHanging.clear()
                try await done(effects)
            }
            #expect(try await faults(outside, effects) == [])
        }
    }

    @Test("Sessions are terminated while calls are under way: told again, never lost", .timeLimit(.minutes(10)))
    func killed() async throws {
        try await Effects.with { effects in
            let outside = Outside()
            let subscription = subscription(outside)
            try await effects.withWorker([subscription], name: "victim") {
                try await effects.held(lanes: 4)
                let isOver = Flag()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for round in 0..<40 {
                            try await effects.fixture.psql(
                                "INSERT INTO t SELECT generate_series(\(round * 10), \(round * 10 + 9)); UPDATE t SET v = v + 1 WHERE id % 7 = \(round % 7)"
                            )
                        }
                        isOver.set()
                    }
                    group.addTask {
                        try await effects.fixture.withConnection { connection in
                            while !isOver.isSet {
                                try await connection.query(
                                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim' AND datname = current_database()"
                                )
                                try await connection.query("SELECT pg_sleep(0.1)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                try await done(effects)
            }
            #expect(try await faults(outside, effects) == [])
        }
    }

    @Test("A claim takes no lane back: what was parked before is not parked again", .timeLimit(.minutes(10)))
    func claimed() async throws {
        try await Effects.with { effects in
            let outside = Outside()
            let once = Flag()
            let subscription = subscription(outside, lanes: 1, concurrency: 1) { record, _ in
                if record.key == #"{"id":1}"# { throw Snooze(for: .seconds(600)) }
                guard record.key == #"{"id":40}"#, !once.isSet else { return }
                once.set()
                try await effects.fixture.psql(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name = 'victim' AND datname = current_database()
                    """)
            }
            try await effects.withWorker([subscription], name: "victim") { try await effects.held(lanes: 1) }
            // Left behind by a worker that has died: so a batch is received in parts, 32 records and then the rest.
            try await effects.fixture.psql(
                """
                INSERT INTO heliograph.claim (subscription, lane, worker) SELECT id, 0, 'dead' FROM heliograph.subscription;
                INSERT INTO t SELECT generate_series(1, 45);
                """)
            // Nothing else is to come between the parts.
            var configuration = WorkerConfiguration.forTests
            configuration.pollInterval = .seconds(5)
            try await effects.withWorker([subscription], configuration, name: "victim") {
                try await eventually("the session to be killed") { once.isSet }
                try await done(effects, parked: 1)
            }
            #expect(try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 1)
            // Of the second part some were called for again, of the first none.
            let calls = Dictionary(grouping: outside.calls, by: \.key).mapValues(\.count)
            #expect(calls.count == 44)
            #expect((2...32).allSatisfy { calls["{\"id\":\($0)}"] == 1 })
        }
    }

    @Test("Batches: halved until the one to blame is alone, parked, the rest acknowledged", .timeLimit(.minutes(10)))
    func batches() async throws {
        try await Effects.with { effects in
            let outside = Outside()
            let isBroken = Flag()
            isBroken.set()
            let sizes = Mutex<[Int]>([])
            let subscription = Subscription(
                "outside", externalBatchesOf: [Self.source], lanes: 2, start: .beginning,
                retry: .init(maximumAttempts: 1_000), concurrency: 2
            ) { records, call in
                sizes.withLock { $0.append(records.count) }
                outside.begin()
                if isBroken.isSet, records.contains(where: { $0.key == #"{"id":33}"# }) {
                    outside.fail()
                    throw NoRow()
                }
                try outside.end(records, call)
            }
            var configuration = WorkerConfiguration.forTests
            configuration.batchSize = 25
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 100); UPDATE t SET v = v + 1")
            try await effects.withWorker([subscription], configuration) {
                try await eventually("the others") { Set(outside.calls.map { "\($0.key) \($0.version)" }).count == 198 }
                try await eventually("both parked") {
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery") == 2
                }
                isBroken.clear()
                try await done(effects)
            }
            #expect(try await faults(outside, effects) == [])
            #expect(sizes.withLock { $0.max() } == 25)
        }
    }
}
