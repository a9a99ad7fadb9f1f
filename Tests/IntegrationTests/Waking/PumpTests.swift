import Heliograph
import HeliographLog
import HeliographTesting
import Testing

@Suite("The pump")
struct PumpTests {
    /// A process's bell and pump, for the time of `body`.
    private func withPump(
        _ t: Captured, named name: String = "pump", _ body: @escaping @Sendable (Bell) async throws -> Void
    ) async throws {
        var configuration = t.fixture.configuration
        configuration.applicationName = name
        let bell = Bell(configuration, logger: t.fixture.logger)
        let pool = ConnectionPool(.init(configuration, maximum: 1), logger: t.fixture.logger)
        let pump = Pump(pool: pool, configuration: configuration, bell: bell, logger: t.fixture.logger)
        try await withService(bell, logger: t.fixture.logger) {
            try await withService(pump, logger: t.fixture.logger) {
                try await eventually("the bell to listen") { bell.isListening }
                try await body(bell)
            }
        }
        await pool.shutDown()
    }

    private func flag(_ t: Captured) async throws -> Int {
        try await t.fixture.count("SELECT coalesce(pg_sequence_last_value('heliograph.bell'), 0)")
    }

    private func reason(_ t: Captured) async throws -> String {
        try await t.fixture.withConnection { try await StatusReader().read(on: $0).wakeReason }
    }

    private func holder(_ t: Captured) async throws -> Int32? {
        try await t.fixture.withConnection { connection in
            let rows = try await connection.query(
                """
                SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
                    AND classid::int8 = hashtext('heliograph')::int8 & 4294967295
                    AND objid::int8 = hashtext('pump')::int8 & 4294967295
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            )
            return try rows.first?.decode(0)
        }
    }

    /// Commits rows as fast as it can until a condition holds.
    private func write(_ t: Captured, until condition: () async throws -> Bool) async throws {
        try await t.fixture.withConnection { connection in
            var isOver = false
            while !isOver {
                for _ in 0..<50 { try await connection.query("INSERT INTO t DEFAULT VALUES") }
                isOver = try await condition()
            }
        }
    }

    private let table = "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);"

    @Test("Many commits: it rings for all of them, each is heard of; in the pause after them they ring again")
    func load() async throws {
        try await Captured.with(table) { t in
            try await withPump(t) { bell in
                try await eventually("the pump to take office") {
                    try await reason(t).hasPrefix("every commit rings, few commit; pump (backend ")
                }
                try await write(t) { try await flag(t) == 1 }
                #expect(try await reason(t).contains("rings for all, many commit"))
                // Nobody polls here: what the waiter hears is the bell.
                let waiter = bell.makeWaiter()
                try await t.write("INSERT INTO t DEFAULT VALUES")
                await waiter.wait(upTo: .seconds(60))
                #expect(bell.count > 0)
                try await eventually("the pump to go quiet") { try await flag(t) == 0 }
                let before = bell.count
                try await t.write("INSERT INTO t DEFAULT VALUES")
                try await eventually("the writer's own bell") { bell.count > before }
            }
        }
    }

    @Test("Who relied on the pump, and commits after it has gone quiet, is rung for")
    func openWriter() async throws {
        try await Captured.with(table) { t in
            try await withPump(t) { _ in
                try await write(t) { try await flag(t) == 1 }
                let pump = try #require(try await holder(t))
                try await t.fixture.withConnection { writer in
                    try await writer.query("BEGIN")
                    try await writer.query("INSERT INTO t (v) VALUES ('late')")
                    let relied = try await writer.number(
                        "SELECT coalesce(pg_sequence_last_value('heliograph.bell'), 0)")
                    #expect(relied == 1)
                    try await eventually("the pump to set the flag back") { try await flag(t) == 0 }
                    try await t.fixture.withConnection { listener in
                        try await listener.query("LISTEN heliograph")
                        let start = try await listener.texts("SELECT clock_timestamp()::text")
                        // It has rung for all that it can see: one look has begun since, and is over.
                        try await eventually("a look of the pump") {
                            try await t.fixture.count(
                                """
                                SELECT count(*) FROM pg_stat_activity WHERE pid = \(pump) AND state = 'idle'
                                    AND query LIKE '%pg_notify%' AND query_start > \(start[0])::timestamptz
                                """
                            ) == 1
                        }
                        try await t.write("SELECT pg_notify('heliograph', 'all before')")
                        var heard: [Notification] = []
                        while heard.last?.payload != "all before" { heard += try await listener.nextNotifications() }
                        try await writer.query("COMMIT")
                        heard = try await listener.nextNotifications(within: .seconds(30))
                        #expect(!heard.isEmpty, "nobody rang for it")
                        #expect(heard.allSatisfy { $0.backendProcessID == pump })
                    }
                }
            }
        }
    }

    @Test("A pump that dies with the flag at 1: another takes over and repairs it")
    func takeOver() async throws {
        try await Captured.with(table) { t in
            try await withPump(t, named: "first") { _ in
                try await withPump(t, named: "second") { bell in
                    try await write(t) { try await flag(t) == 1 }
                    let first = try #require(try await holder(t))
                    try await t.fixture.terminate(first)
                    try await eventually("the flag to be repaired") { try await flag(t) == 0 }
                    try await eventually("another holder") {
                        let now = try await holder(t)
                        return now != nil && now != first
                    }
                    let before = bell.count
                    try await t.write("INSERT INTO t DEFAULT VALUES")
                    try await eventually("the bell") { bell.count > before }
                }
            }
        }
    }

    @Test("At its end it leaves the flag at 0, also in the middle of the load")
    func shutdown() async throws {
        try await Captured.with(table) { t in
            let isOver = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await write(t) { isOver.isSet } }
                try await withPump(t) { _ in
                    try await eventually("the pump to be busy") { try await flag(t) == 1 }
                }
                #expect(try await flag(t) == 0)
                #expect(try await holder(t) == nil)
                isOver.set()
                try await group.waitForAll()
            }
        }
    }

    @Test("So it does when its task is cancelled")
    func cancelled() async throws {
        try await Captured.with(table) { t in
            let bell = Bell(t.fixture.configuration, logger: t.fixture.logger)
            try await t.fixture.withPool(maximum: 1) { pool in
                let pump = Pump(
                    pool: pool, configuration: t.fixture.configuration, bell: bell, logger: t.fixture.logger)
                let tasks = [Task { try await bell.run() }, Task { try await pump.run() }]
                try await write(t) { try await flag(t) == 1 }
                // In the middle of a look.
                try await t.fixture.withConnection { lock in
                    try await lock.query("BEGIN")
                    try await lock.query("LOCK TABLE heliograph.signal_log")
                    try await eventually("the pump to wait") {
                        try await t.fixture.count(
                            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                        ) == 1
                    }
                    #expect(try await flag(t) == 1)
                    tasks[1].cancel()
                    try await eventually("the flag to be set back") { try await flag(t) == 0 }
                    try await lock.query("ROLLBACK")
                }
                for task in tasks.reversed() {
                    task.cancel()
                    try? await task.value
                }
                #expect(try await flag(t) == 0)
                #expect(try await holder(t) == nil)
            }
        }
    }

    @Test("Tables whose writers never ring are looked after, also while all is quiet")
    func silentTables() async throws {
        try await Captured.with(table, AttachOptions(ringsBell: false)) { t in
            try await withPump(t) { bell in
                try await eventually("the pump") { try await holder(t) != nil }
                try await eventually("quiet") { try await flag(t) == 0 }
                let before = bell.count
                try await t.write("BEGIN; INSERT INTO t DEFAULT VALUES; PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'")
                try await eventually("the pump's bell") { bell.count > before }
            }
        }
    }
}
