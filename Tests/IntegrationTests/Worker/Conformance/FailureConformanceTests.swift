import Heliograph
import HeliographTesting
import Testing

/// What becomes of records whose receivers fail: over a database and in memory.
@Suite("Conformance: failures")
struct FailureConformanceTests {
    struct Failure: Error {}

    /// Fails for row 2 while `isBroken` is set.
    private func subscription(while isBroken: Flag, _ retry: RetryPolicy) -> Subscription {
        Effects.subscription(lanes: 1, retry: retry) { record, _ in
            if isBroken.isSet, try Effect.key(of: record) == 2 { throw Failure() }
        }
    }

    @Test(
        "A dead letter holds up its row alone; retried by a person it comes in order, with its tries anew",
        .timeLimit(.minutes(10)), arguments: LogKind.allCases)
    func dead(_ kind: LogKind) async throws {
        try await kind.with { log in
            let isBroken = Flag()
            isBroken.set()
            let subscription = subscription(while: isBroken, .init(maximumAttempts: 2))
            try await log.insert([1, 2, 3])
            try await log.update(2, v: 1)
            // What is due is tried by itself, when its time has come.
            try await eventually("the last try") {
                try await log.drain([subscription])
                return try await log.parked(of: "effects").first?.isDead == true
            }
            let parked = try await log.parked(of: "effects")
            #expect(
                parked.map(\.key) == [2, 2] && parked.map(\.errors) == [2, 0] && parked.map(\.isDead) == [true, false])
            #expect(try await log.effects(of: "effects").map(\.key) == [1, 3])
            isBroken.clear()
            try await log.retry([parked[0].id], of: "effects")
            try await log.drain([subscription])
            let own = try await log.effects(of: "effects").filter { $0.key == 2 }
            #expect(own.map(\.v) == [0, 1])
            #expect(try await log.parked(of: "effects").isEmpty)
        }
    }

    @Test("Discarded, it lets those behind it go on", .timeLimit(.minutes(10)), arguments: LogKind.allCases)
    func discarded(_ kind: LogKind) async throws {
        try await kind.with { log in
            let isBroken = Flag()
            isBroken.set()
            let subscription = subscription(while: isBroken, .init(maximumAttempts: 1))
            try await log.insert([2])
            try await log.update(2, v: 1)
            try await log.drain([subscription])
            isBroken.clear()
            try await log.discard([try #require(try await log.parked(of: "effects").first?.id)], of: "effects")
            try await log.drain([subscription])
            #expect(try await log.effects(of: "effects").map(\.v) == [1])
        }
    }

    @Test(
        "With .release those behind a dead letter go on; without order a failed one is alone", .timeLimit(.minutes(10)),
        arguments: LogKind.allCases,
        [RetryPolicy(maximumAttempts: 1, onDead: .release), .init(maximumAttempts: 1, order: .unordered)])
    func released(_ kind: LogKind, _ policy: RetryPolicy) async throws {
        try await kind.with { log in
            let subscription = Effects.subscription(lanes: 1, retry: policy) { record, _ in
                let row = try JSONValue(parsing: record.instance ?? "null")
                if try Int64(json: row["v"] ?? .null) == 0 { throw Failure() }
            }
            try await log.insert([2])
            try await log.update(2, v: 1)
            try await log.drain([subscription])
            try await log.update(2, v: 2)
            try await log.drain([subscription])
            #expect(try await log.effects(of: "effects").map(\.v) == [1, 2])
            #expect(try await log.parked(of: "effects").map(\.isDead) == [true])
        }
    }

    @Test("Cancelled, put off, rejected", .timeLimit(.minutes(10)), arguments: LogKind.allCases)
    func decisions(_ kind: LogKind) async throws {
        try await kind.with { log in
            let isAsleep = Flag()
            isAsleep.set()
            let subscription = Effects.subscription(lanes: 1) { record, tx in
                switch try Effect.key(of: record) {
                case 1:
                    try await tx.execute("INSERT INTO effect (key, v, record) VALUES (1, 1, 1)")
                    throw Cancel("not wanted")
                case 2 where isAsleep.isSet: throw Snooze(for: .milliseconds(1))
                case 3: throw Reject("never")
                default: break
                }
            }
            try await log.insert([1, 2, 3, 4])
            let report = try await log.drain([subscription])
            #expect(report.subscriptions["effects"]?.cancelled == 1 && report.subscriptions["effects"]?.dead == 1)
            isAsleep.clear()
            try await eventually("the one that was put off") {
                try await log.drain([subscription])
                return try await log.effects(of: "effects").count == 2
            }
            #expect(try await log.effects(of: "effects").map(\.key) == [4, 2])
            #expect(try await log.parked(of: "effects").map(\.key) == [3])
        }
    }

    @Test(
        "When everything fails it says so, and nothing is lost by it", .timeLimit(.minutes(10)),
        arguments: LogKind.allCases)
    func outage(_ kind: LogKind) async throws {
        try await kind.with { log in
            let isBroken = Flag()
            isBroken.set()
            let subscription = Effects.subscription { _, _ in if isBroken.isSet { throw Failure() } }
            try await log.insert(Array(1...30))
            let error = await #expect(throws: WorkerError.self) { try await log.drain([subscription]) }
            #expect(error?.code == .outage)
            #expect(try await log.parked(of: "effects").count < 10)
            isBroken.clear()
            try await eventually("all of them") {
                try await log.drain([subscription])
                return try await log.effects(of: "effects").count == 30
            }
            let keys = try await log.effects(of: "effects").map(\.key).sorted()
            #expect(keys == Array(1...30))
        }
    }

    @Test(
        "A receiver's savepoint undoes what failed in it; an error that it ignores is not survived",
        .timeLimit(.minutes(10)), arguments: LogKind.allCases)
    func savepoints(_ kind: LogKind) async throws {
        try await kind.with { log in
            let subscription = Effects.subscription(lanes: 1, retry: .init(maximumAttempts: 1)) { record, tx in
                switch try Effect.key(of: record) {
                case 1:
                    try? await tx.savepoint { tx in
                        try await tx.execute("INSERT INTO effect (key, v, record) VALUES (1, 1, 1)")
                        try await tx.execute("INSERT INTO nowhere VALUES (1)")
                    }
                case 2: _ = try? await tx.execute("INSERT INTO nowhere VALUES (1)")
                case 4:
                    _ = try? await tx.execute("INSERT INTO nowhere VALUES (1)")
                    _ = try? await tx.savepoint { try await $0.execute("SELECT 1") }
                default: break
                }
            }
            try await log.insert([1, 2, 3, 4])
            try await log.drain([subscription])
            #expect(try await log.effects(of: "effects").map { [$0.key, $0.v] } == [[1, 0], [3, 0]])
            #expect(try await log.parked(of: "effects").map(\.key) == [2, 4])
        }
    }

    @Test(
        "A statement that cannot even be sent leaves the transaction what it is", .timeLimit(.minutes(10)),
        arguments: LogKind.allCases)
    func unsendable(_ kind: LogKind) async throws {
        try await kind.with { log in
            let isBroken = Flag()
            isBroken.set()
            let subscription = Subscription(
                "effects", batchesOf: ConformanceTests.all, lanes: 1, start: .beginning,
                retry: .init(maximumAttempts: 1_000_000)
            ) { records, tx in
                _ = try? await tx.execute("SELECT \("\0")")
                try await Effect.leave(records, tx)
                if isBroken.isSet { throw Failure() }
            }
            try await log.insert([1, 2])
            _ = try? await log.drain([subscription])
            #expect(try await log.effects(of: "effects").isEmpty, "nothing is committed by itself")
            isBroken.clear()
            try await eventually("both") {
                try await log.drain([subscription])
                return try await log.effects(of: "effects").count >= 2
            }
            #expect(try await log.effects(of: "effects").map(\.key).sorted() == [1, 2])
        }
    }

    @Test(
        "What too many receivers' writes have led to is a dead letter at once", .timeLimit(.minutes(10)),
        arguments: LogKind.allCases)
    func loops(_ kind: LogKind) async throws {
        try await kind.with { log in
            try await log.insert(1, depth: 15)
            try await log.insert(2, depth: 16)
            #expect(try await log.drain([Effects.subscription()]).received("effects") == 1)
            #expect(try await log.parked(of: "effects").map { [$0.key, $0.isDead ? 1 : 0] } == [[2, 1]])
        }
    }

    @Test(
        "Hooks run after the commit, and only then; calls to the outside have a key for each record, the same in all tries",
        .timeLimit(.minutes(10)), arguments: LogKind.allCases)
    func outside(_ kind: LogKind) async throws {
        try await kind.with { log in
            let committed = Locked<[Int64]>([])
            let hooks = Effects.subscription("hooks", lanes: 1, retry: .init(maximumAttempts: 1)) { record, tx in
                let key = try Effect.key(of: record)
                try tx.afterCommit { committed.change { $0.append(key) } }
                if key == 2 { throw Failure() }
            }
            let keys = Locked<[Int64: [String]]>([:])
            let calls = Subscription("calls", externalOn: ConformanceTests.all, lanes: 2, start: .beginning) {
                record, call in
                let key = try Effect.key(of: record)
                keys.change { $0[key, default: []].append(call.idempotencyKey) }
                if key == 3, keys.value[3]?.count == 1 { throw Failure() }
            }
            try await log.insert([1, 2, 3])
            try await eventually("the second try") {
                try await log.drain([hooks, calls])
                return keys.value[3]?.count == 2
            }
            #expect(committed.value == [1, 3])
            let all = keys.value
            #expect(all[1]?.count == 1 && all[3]?.first == all[3]?.last)
            let different = Set(all.values.flatMap(\.self))
            #expect(different.count == 3)
        }
    }
}
