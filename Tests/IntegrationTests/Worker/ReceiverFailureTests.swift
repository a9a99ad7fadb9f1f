import Heliograph
import HeliographTesting
import Synchronization
import Testing

/// A receiver fails: what was before it is kept, what is beside it goes on, and nothing is done twice.
@Suite("Worker: receivers that fail")
struct ReceiverFailureTests {
    struct Failure: Error {}

    /// Runs a subscription over 60 rows and returns how often the receiver's body ran for each key.
    private func run(
        _ before: @escaping @Sendable (Record, Transaction, _ attempt: Int) async throws -> Void,
        until isEnough: @escaping @Sendable (Effects) async throws -> Bool = { effects in
            try await effects.fixture.count("SELECT count(*) FROM effect") >= 60
        },
        check: (Effects) async throws -> Void
    ) async throws -> [String: Int] {
        let attempts = Mutex<[String: Int]>([:])
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 60)")
            let subscription = Effects.subscription { record, tx in
                let attempt = attempts.withLock { attempts in
                    attempts[record.key ?? "", default: 0] += 1
                    return attempts[record.key ?? "", default: 0]
                }
                try await before(record, tx, attempt)
            }
            try await effects.withWorker([subscription]) {
                try await eventually("enough effects") { try await isEnough(effects) }
            }
            try await check(effects)
        }
        return attempts.withLock { $0 }
    }

    private static let seventh = #"{"id":7}"#

    @Test("One that fails twice is tried again, and its effect is there once", .timeLimit(.minutes(10)))
    func retried() async throws {
        let attempts = try await run { record, _, attempt in
            if record.key == Self.seventh, attempt <= 4 { throw Failure() }
        } check: { effects in
            try await effects.expect(faults: [])
        }
        #expect(attempts[Self.seventh] == 5)
    }

    @Test(
        "One that always fails holds its lane; the other lanes go on, and nothing of it is written",
        .timeLimit(.minutes(10)))
    func poison() async throws {
        _ = try await run { record, _, _ in
            if record.key == Self.seventh { throw Failure() }
        } until: { effects in
            try await effects.fixture.count(
                """
                SELECT count(*) FROM t WHERE NOT EXISTS (SELECT FROM effect WHERE key = id)
                    AND (SELECT heliograph.lane(lane_hash, 8) FROM heliograph.signal_log WHERE key ->> 'id' = t.id::text)
                        <> (SELECT heliograph.lane(lane_hash, 8) FROM heliograph.signal_log WHERE key ->> 'id' = '7')
                """
            ) == 0
        } check: { effects in
            let faults = try await effects.faults
            #expect(faults.contains("lost 7/0"))
            #expect(faults.allSatisfy { $0.hasPrefix("lost") })
        }
    }

    @Test(
        "A COPY, which cannot travel with others, is its receiver's failure, and costs no session",
        .timeLimit(.minutes(10)))
    func copy() async throws {
        let attempts = try await run { record, tx, attempt in
            // As the first statement of its transaction, too, when the record is tried alone.
            if record.key == Self.seventh, attempt <= 4 { try await tx.execute("COPY effect FROM STDIN") }
        } check: { effects in
            try await effects.expect(faults: [])
            let ended = effects.fixture.log.lines.filter { $0.contains("the session ended") }
            #expect(ended.isEmpty, "\(ended)")
        }
        #expect(attempts[Self.seventh] == 5)
    }

    @Test("What a failed receiver wrote before it failed is undone", .timeLimit(.minutes(10)))
    func undone() async throws {
        _ = try await run { record, tx, attempt in
            guard record.key == Self.seventh else { return }
            try await tx.execute("INSERT INTO effect (key, v, record) VALUES (7, 0, 0)")
            if attempt <= 2 { throw Failure() }
            try await tx.execute("DELETE FROM effect WHERE record = 0")
        } check: { effects in
            try await effects.expect(faults: [])
        }
    }

    @Test(
        "An error of SQL that the receiver swallows fails all the same: the transaction is lost, whatever it thinks",
        .timeLimit(.minutes(10)))
    func swallowed() async throws {
        let attempts = try await run { record, tx, attempt in
            if record.key == Self.seventh, attempt <= 2 { _ = try? await tx.query("SELECT 1/0") }
        } check: { effects in
            try await effects.expect(faults: [])
        }
        #expect(attempts[Self.seventh] == 3)
    }

    @Test("In a savepoint it may fail and go on", .timeLimit(.minutes(10)))
    func savepoint() async throws {
        let attempts = try await run { record, tx, _ in
            guard record.key == Self.seventh else { return }
            await #expect(throws: (any Error).self) {
                try await tx.savepoint { tx in
                    try await tx.execute("INSERT INTO effect (key, v, record) VALUES (7, 0, 0)")
                    try await tx.query("SELECT 1/0")
                }
            }
        } check: { effects in
            try await effects.expect(faults: [])
        }
        // The first time side by side with others, where there is no savepoint.
        #expect(attempts[Self.seventh] == 2)
    }

    @Test("BEGIN, COMMIT and the like are refused: the batch is not the receiver's to end", .timeLimit(.minutes(10)))
    func transactionControl() async throws {
        let refused = Mutex(0)
        _ = try await run { record, tx, _ in
            guard record.key == Self.seventh else { return }
            for statement in ["COMMIT", "/* x */ rollback", "begin", "SAVEPOINT s", "PREPARE TRANSACTION 'x'", "END"] {
                let error = await #expect(throws: PostgresError.self) { try await tx.query(SQL(unsafe: statement)) }
                if error?.code == .invalidUse { refused.withLock { $0 += 1 } }
            }
        } check: { effects in
            try await effects.expect(faults: [])
        }
        #expect(refused.withLock { $0 } == 6)
    }

    @Test("A record that the receiver cancels is done with; what it wrote for it is undone", .timeLimit(.minutes(10)))
    func cancelled() async throws {
        let attempts = try await run { record, tx, _ in
            guard record.key == Self.seventh else { return }
            try await tx.execute("INSERT INTO effect (key, v, record) VALUES (7, 0, 0)")
            throw Cancel("not for me")
        } until: { effects in
            try await effects.fixture.count("SELECT count(*) FROM effect") >= 59
        } check: { effects in
            try await effects.expect(faults: ["lost 7/0"])
            // The lane has moved past it.
            try await effects.withWorker([Effects.subscription()]) {
                try await effects.fixture.psql("UPDATE t SET v = 1 WHERE id = 7")
                try await eventually("the next change of the row") {
                    try await effects.fixture.count("SELECT count(*) FROM effect WHERE key = 7 AND v = 1") == 1
                }
            }
            try await effects.expect(faults: ["lost 7/0"])
        }
        #expect((1...3).contains(attempts[Self.seventh] ?? 0))
    }

    @Test(
        "A constraint that is checked only at the end names no record: the culprit is found, the others are kept",
        .timeLimit(.minutes(10)))
    func deferredConstraint() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql(
                """
                CREATE TABLE allowed (key bigint PRIMARY KEY);
                INSERT INTO allowed SELECT generate_series(1, 60) EXCEPT SELECT 7;
                ALTER TABLE effect ADD FOREIGN KEY (key) REFERENCES allowed DEFERRABLE INITIALLY DEFERRED;
                INSERT INTO t SELECT generate_series(1, 60);
                """
            )
            try await effects.withWorker([Effects.subscription(lanes: 1)]) {
                try await eventually("all before the culprit") {
                    try await effects.fixture.count("SELECT count(*) FROM effect WHERE key < 7") == 6
                }
                try await effects.fixture.psql("INSERT INTO allowed VALUES (7)")
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }

    @Test("Hooks run after the commit of their batch, those of what was undone do not", .timeLimit(.minutes(10)))
    func afterCommit() async throws {
        let hooks = Mutex<[String: Int]>([:])
        _ = try await run { record, tx, attempt in
            let key = record.key ?? ""
            try tx.afterCommit { hooks.withLock { $0[key, default: 0] += 1 } }
            if record.key == Self.seventh, attempt <= 2 { throw Failure() }
        } check: { effects in
            try await effects.expect(faults: [])
        }
        #expect(hooks.withLock { $0 } == Dictionary(uniqueKeysWithValues: (1...60).map { (#"{"id":\#($0)}"#, 1) }))
    }

    @Test("A handle that is kept beyond the receiver is dead", .timeLimit(.minutes(10)))
    func keptHandle() async throws {
        // Kept by force: a Transaction is not Sendable, and the compiler refuses the honest way.
        final class Keeper: @unchecked Sendable { var kept: Transaction? }
        let keeper = Keeper()
        let isTried = Flag()
        _ = try await run { record, tx, _ in
            guard record.key == Self.seventh else { return }
            guard let kept = keeper.kept else {
                keeper.kept = tx
                throw Failure()
            }
            isTried.set()
            let error = await #expect(throws: PostgresError.self) { try await kept.query("SELECT 1") }
            #expect(error?.code == .invalidUse)
        } check: { effects in
            try await effects.expect(faults: [])
        }
        #expect(isTried.isSet)
    }
}
