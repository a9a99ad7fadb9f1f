import Heliograph
import HeliographTesting
import ServiceLifecycle
import Synchronization
import Testing

/// What is no record's fault: locks, other connections, other tasks.
@Suite("Worker: bad moments")
struct ContentionTests {
    private static let seventh = #"{"id":7}"#

    @Test("A lock that one record meets holds up its lane alone, and counts as no failure", .timeLimit(.minutes(10)))
    func lockedRow() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql(
                "CREATE TABLE guard (); INSERT INTO t SELECT generate_series(1, 60); INSERT INTO guard DEFAULT VALUES"
            )
            let subscription = Effects.subscription { record, tx in
                if record.key == Self.seventh { try await tx.query("SELECT FROM guard FOR UPDATE NOWAIT") }
            }
            try await effects.fixture.withConnection { lock in
                try await lock.query("BEGIN")
                try await lock.query("SELECT FROM guard FOR UPDATE")
                try await effects.withWorker([subscription]) {
                    try await eventually("the other lanes") {
                        try await effects.fixture.count(
                            """
                            SELECT count(*) FROM t WHERE NOT EXISTS (SELECT FROM effect WHERE key = id)
                                AND (SELECT heliograph.lane(lane_hash, 8) FROM heliograph.signal_log WHERE key ->> 'id' = t.id::text)
                                    <> (SELECT heliograph.lane(lane_hash, 8) FROM heliograph.signal_log WHERE key ->> 'id' = '7')
                            """
                        ) == 0
                    }
                    let faults = try await effects.faults
                    #expect(faults.contains("lost 7/0"))
                    try await lock.query("ROLLBACK")
                    try await effects.settled()
                }
            }
            try await effects.expect(faults: [])
            #expect(effects.fixture.log.lines.contains { $0.contains("a lane waits and tries again") })
            #expect(!effects.fixture.log.lines.contains { $0.contains("a receiver failed") })
        }
    }

    @Test("A receiver's CancellationError is its failure, not the worker's end", .timeLimit(.minutes(10)))
    func receiverCancelled() async throws {
        try await tolerates(CancellationError())
    }

    @Test("The loss of a receiver's other connection is not the loss of the worker's", .timeLimit(.minutes(10)))
    func otherConnection() async throws {
        try await tolerates(PostgresError(.connectionLost, "another server hung up"))
    }

    private func tolerates(_ error: any Error & Sendable) async throws {
        try await Effects.with { effects in
            let failures = Mutex(0)
            let subscription = Effects.subscription { record, _ in
                guard record.key == Self.seventh else { return }
                let isEarly = failures.withLock { failures in
                    failures += 1
                    return failures < 5
                }
                if isEarly { throw error }
            }
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
            try await effects.withWorker([subscription]) { try await effects.settled() }
            try await effects.expect(faults: [])
            #expect(failures.withLock { $0 } >= 5)
            #expect(!effects.fixture.log.lines.contains { $0.contains("the session ended") })
        }
    }

    @Test("A shutdown comes after the transaction that runs, however much has been read", .timeLimit(.minutes(10)))
    func shutdownInMidBatch() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 400)")
            var configuration = WorkerConfiguration.forTests
            configuration.batchTime = .zero
            let seen = Mutex(0)
            let isInBatch = Flag()
            let subscription = Effects.subscription(lanes: 1) { _, _ in
                let count = seen.withLock { seen in
                    seen += 1
                    return seen
                }
                guard count == 100 else { return }
                // The shutdown begins while the hundredth record is acted upon.
                isInBatch.set()
                try await eventually("the shutdown to have begun") { Task.isShuttingDownGracefully }
            }
            try await effects.withWorker([subscription], configuration) {
                try await eventually("the hundredth record") { isInBatch.isSet }
            }
            let done = try await effects.fixture.count("SELECT count(*) FROM effect")
            #expect(done == 100, "each record was a transaction, and none came behind the one that ran")
            try await effects.withWorker([Effects.subscription()]) { try await effects.settled() }
            try await effects.expect(faults: [])
        }
    }

    @Test("A session that holds lanes is kept alive while the log is read for long", .timeLimit(.minutes(10)))
    func longReading() async throws {
        try await Effects.with { effects in
            var configuration = WorkerConfiguration.forTests
            configuration.silenceLimit = .seconds(1)
            try await effects.withWorker([Effects.subscription()], configuration, name: "reader") {
                try await effects.held(lanes: 8)
                let holder = try await holder(effects)
                try await effects.fixture.withConnection { lock in
                    try await lock.query("BEGIN")
                    try await lock.query("LOCK TABLE heliograph.signal_log")
                    try await eventually("the reading to take three times the limit") {
                        try await effects.fixture.count(
                            """
                            SELECT count(*) FROM pg_stat_activity WHERE application_name = 'reader'
                                AND datname = current_database()
                                AND wait_event_type = 'Lock' AND now() - query_start > interval '3 seconds'
                            """
                        ) == 1
                    }
                    try await lock.query("ROLLBACK")
                }
                try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
                try await effects.settled()
                #expect(try await self.holder(effects) == holder)
            }
            try await effects.expect(faults: [])
        }
    }

    private func holder(_ effects: Effects) async throws -> [Int] {
        try await effects.fixture.withConnection {
            try await StatusReader().read(on: $0).holders.map(\.backendProcessID)
        }
    }
}
