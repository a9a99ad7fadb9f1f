import Heliograph
import HeliographTesting
import Testing

/// Clearing up beside workers that move: what a position refers to stays.
@Suite("Positions: clearing up")
struct PurgeTests {
    /// A subscription of one lane, and a tick that nothing refers to and that is old enough to go.
    private func with(_ body: (Fixture, Connection, _ advance: SQL, _ tick: Int64) async throws -> Void) async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("SELECT heliograph.register_subscription('s', 1, '{}', 1, 'now')")
                try await connection.query("UPDATE heliograph.tick SET at = at - interval '1 day'")
                try await connection.query(
                    """
                    INSERT INTO heliograph.tick (at, incarnation, snapshot)
                    SELECT date_trunc('minute', now()) - interval '3 hours' + n * interval '1 second', 1, '1:1:'
                    FROM generate_series(0, 1) AS n
                    """
                )
                let tick = Int64(try await connection.number("SELECT max(id) FROM heliograph.tick"))
                try await connection.query("SELECT heliograph.record_tick('1:1:')")
                try await body(
                    fixture, connection, "SELECT heliograph.advance(1, '{0}', '{1}', 1, \(tick), NULL, 0)", tick
                )
            }
        }
    }

    private func exists(_ tick: Int64, on connection: Connection) async throws -> Bool {
        try await connection.number("SELECT count(*) FROM heliograph.tick WHERE id = \(tick)") == 1
    }

    @Test("A tick goes when nothing refers to it")
    func unused() async throws {
        try await with { _, connection, _, tick in
            let purged = try await connection.number("SELECT heliograph.purge_ticks(10)")
            #expect(purged == 1)
            #expect(try await !exists(tick, on: connection))
        }
    }

    @Test("A tick stays that a position refers to which is not committed yet", .timeLimit(.minutes(10)))
    func advancing() async throws {
        try await with { fixture, connection, advance, tick in
            try await fixture.withConnection { worker in
                try await worker.query("BEGIN")
                try await worker.query(advance)
                #expect(try await connection.number("SELECT heliograph.purge_ticks(10)") == 0)
                try await worker.query("COMMIT")
            }
            #expect(try await connection.number("SELECT heliograph.purge_ticks(10)") == 0)
            #expect(try await exists(tick, on: connection))
        }
    }

    @Test("A worker that comes too late is refused, and told to read again", .timeLimit(.minutes(10)))
    func purging() async throws {
        try await with { fixture, connection, advance, tick in
            try await fixture.withConnection { worker in
                try await connection.query("BEGIN")
                #expect(try await connection.number("SELECT heliograph.purge_ticks(10)") == 1)
                let late = Task { try await worker.query(advance) }
                try await eventually("the worker to wait") {
                    try await fixture.count(
                        "SELECT count(*) FROM pg_stat_activity WHERE pid = \(worker.backendProcessID) AND wait_event_type = 'Lock'"
                    ) == 1
                }
                try await connection.query("COMMIT")
                let error = await #expect(throws: PostgresError.self) { try await late.value }
                #expect(error?.sqlState == "HG004")
                #expect(try await !exists(tick, on: connection))
            }
        }
    }
}
