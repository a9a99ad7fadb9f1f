import Heliograph
import HeliographTesting
import Testing

/// The one writer of positions, and the ways in which it must refuse.
@Suite("Positions")
struct PositionTests {
    /// A subscription of four lanes, and its number.
    private func with(
        start: String = "now", _ body: (Fixture, Connection, _ id: Int32) async throws -> Void
    ) async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.withConnection { connection in
                let rows = try await register(start: start, on: connection)
                try await body(fixture, connection, rows.id)
            }
        }
    }

    @discardableResult
    private func register(
        _ name: String = "s", revision: Int32 = 1, declaration: String = #"{"a":1}"#, start: String = "now",
        on connection: Connection
    ) async throws -> (id: Int32, outcome: String) {
        let rows = try await connection.query(
            "SELECT id, outcome FROM heliograph.register_subscription(\(name), \(revision), \(declaration), 4, \(start))"
        )
        let row = try #require(rows.first)
        return (try row.decode(0), try row.decode(1))
    }

    private func advance(
        _ id: Int32, lanes: [Int16], expected: [Int64], generation: Int32 = 1, lo: Int64 = 1
    ) -> SQL {
        "SELECT heliograph.advance(\(id), \(lanes), \(expected), \(generation), \(lo), NULL, 0)"
    }

    private func versions(_ id: Int32, on connection: Connection) async throws -> [Int] {
        try await connection.query(
            "SELECT version FROM heliograph.current_positions(\(id), '{0,1,2,3}') ORDER BY lane"
        ).map { try $0.decode(0) }
    }

    @Test("A lane moves from the version that is expected to the next, and from no other")
    func compareAndSet() async throws {
        try await with { _, connection, id in
            try await connection.query(advance(id, lanes: [0, 2], expected: [1, 1]))
            #expect(try await versions(id, on: connection) == [2, 1, 2, 1])
            for (lanes, expected) in [([0], [1]), ([0], [3]), ([0, 1], [1, 1]), ([1, 0], [1, 3]), ([9], [1])]
                as [([Int16], [Int64])]
            {
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.query(advance(id, lanes: lanes, expected: expected))
                }
                #expect(error?.sqlState == .positionConflict)
            }
            #expect(try await versions(id, on: connection) == [2, 1, 2, 1], "all lanes or none")
            let generation = await #expect(throws: PostgresError.self) {
                try await connection.query(advance(id, lanes: [1], expected: [1], generation: 2))
            }
            #expect(generation?.sqlState == .positionConflict)
        }
    }

    @Test("A position that refers to nothing, or to no lane, is refused")
    func nonsense() async throws {
        try await with { _, connection, id in
            for (statement, state): (SQL, SQLState) in [
                (advance(id, lanes: [], expected: []), "22023"),
                ("SELECT heliograph.advance(\(id), NULL, NULL, 1, 1, NULL, 0)", "22023"),
                ("SELECT heliograph.advance(\(id), '{0}', '{1}', 1, NULL, NULL, 0)", "22023"),
                (advance(id, lanes: [0], expected: [1], lo: 777), "HG004"),
                ("SELECT heliograph.advance(\(id), '{0}', '{1}', 1, 1, 777, 0)", "HG004"),
            ] {
                let error = await #expect(throws: PostgresError.self) { try await connection.query(statement) }
                #expect(error?.sqlState == state)
            }
            let versions = try await versions(id, on: connection)
            #expect(versions == [1, 1, 1, 1])
        }
    }

    @Test(
        "The newest version is looked up, however few there are when a session makes its plan",
        .timeLimit(.minutes(10)))
    func lookedUp() async throws {
        try await with { _, connection, id in
            // One page, and known to be.
            try await connection.query("VACUUM (ANALYZE) heliograph.position")
            try await connection.query("BEGIN")
            let count = 60
            for version in 1...count {
                try await connection.query(advance(id, lanes: [0], expected: [Int64(version)]))
            }
            let row = try #require(
                try await connection.query(
                    "SELECT seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = 'heliograph.position'::regclass"
                ).first)
            #expect(try row.decode(0, as: Int.self) == 0)
            #expect(try row.decode(1, as: Int.self) <= 2 * count)
            try await connection.query("ROLLBACK")
        }
    }

    @Test("Of two that expect the same version one moves the lane, the other fails", .timeLimit(.minutes(10)))
    func race() async throws {
        try await with { fixture, connection, id in
            try await fixture.withConnection { other in
                try await connection.query("BEGIN")
                try await connection.query(advance(id, lanes: [1], expected: [1]))
                let second = Task { try await other.query(advance(id, lanes: [1], expected: [1])) }
                try await eventually("the second to wait") {
                    try await fixture.count(
                        "SELECT count(*) FROM pg_stat_activity WHERE pid = \(other.backendProcessID) AND wait_event_type = 'Lock'"
                    ) == 1
                }
                try await connection.query("COMMIT")
                let error = await #expect(throws: PostgresError.self) { try await second.value }
                #expect(error?.sqlState == .uniqueViolation)
                #expect(error?.constraint == "position_pkey")
                #expect(try await versions(id, on: connection) == [1, 2, 1, 1])
            }
        }
    }

    @Test("In the order of lanes, whatever the order they are named in: so no two deadlock", .timeLimit(.minutes(10)))
    func noDeadlock() async throws {
        try await with { fixture, connection, id in
            let outcomes = try await withThrowingTaskGroup(of: [SQLState?].self) { group in
                for lanes in [[0, 1, 2, 3], [3, 2, 1, 0]] as [[Int16]] {
                    group.addTask {
                        try await fixture.withConnection { connection in
                            var states: [SQLState?] = []
                            for version in 1...100 as ClosedRange<Int64> {
                                do {
                                    try await connection.query(
                                        advance(id, lanes: lanes, expected: [version, version, version, version]))
                                    states.append(nil)
                                } catch let error as PostgresError {
                                    states.append(error.sqlState)
                                }
                            }
                            return states
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(!outcomes.contains(.deadlockDetected))
            #expect(outcomes.allSatisfy { $0 == nil || $0 == .uniqueViolation || $0 == .positionConflict })
            #expect(Set(try await versions(id, on: connection)).count == 1)
        }
    }

    @Test("Only in READ COMMITTED: under an older snapshot the newest version would not be seen")
    func isolation() async throws {
        try await with { _, connection, id in
            for isolation in [TransactionMode.Isolation.repeatableRead, .serializable] {
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.transaction(.init(isolation: isolation)) { connection in
                        try await connection.query(advance(id, lanes: [0], expected: [1]))
                    }
                }
                #expect(error?.sqlState == "HG003")
            }
        }
    }

    @Test("One declaration under one revision; a higher one replaces it, a lower one stands by")
    func registering() async throws {
        try await with { _, connection, id in
            let outcomes = [
                try await register(on: connection), try await register(declaration: #"{"a":2}"#, on: connection),
                try await register(revision: 2, declaration: #"{"a":2}"#, on: connection),
                try await register(on: connection),
            ]
            #expect(outcomes.map(\.id) == [id, id, id, id])
            #expect(outcomes.map(\.outcome) == ["joined", "conflict", "upgraded", "superseded"])
            #expect(try await versions(id, on: connection) == [2, 2, 2, 2], "who ran the older one is refused")
            let error = await #expect(throws: PostgresError.self) {
                try await register("other", start: "yesterday", on: connection)
            }
            #expect(error?.message.contains("cannot start at 'yesterday'") == true)
        }
    }

    @Test("Many that register at once: one creates, all lanes are there once", .timeLimit(.minutes(10)))
    func registeringAtOnce() async throws {
        try await Fixture.with(.log) { fixture in
            let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await fixture.withConnection { try await register(on: $0).outcome } }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(outcomes.sorted() == ["created"] + Array(repeating: "joined", count: 7))
            #expect(try await fixture.count("SELECT count(*) FROM heliograph.position") == 4)
        }
    }

    @Test("The start `now` is before all that is open at that moment, and behind all that is committed")
    func startNow() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await t.fixture.withConnection { open in
                try await t.write("INSERT INTO t VALUES (1)")
                try await open.query("BEGIN")
                try await open.query("INSERT INTO t VALUES (2)")
                try await t.fixture.withConnection { connection in
                    let id = try await register(on: connection).id
                    try await open.query("COMMIT")
                    let rows = try await connection.query(
                        "SELECT lo_snapshot::text FROM heliograph.current_positions(\(id), '{0}')"
                    )
                    let lo = Snapshot(try #require(try rows.first?.decode(0, as: String.self)))
                    let window = try await LogReader().read(from: lo, limit: 10, on: connection)
                    #expect(window.records.map(\.key) == [#"{"id":2}"#])
                }
            }
        }
    }

    @Test("Old versions are purged, never the newest, never young ones; of old ticks one a minute stays")
    func purging() async throws {
        try await with { _, connection, id in
            for version in 1...5 as ClosedRange<Int64> {
                try await connection.query(advance(id, lanes: [0, 1], expected: [version, version]))
            }
            #expect(try await connection.number("SELECT heliograph.purge_positions(100)") == 0)
            try await connection.query(
                "UPDATE heliograph.position SET at = at - interval '2 hours' WHERE lane = 0 OR lane = 1 AND version < 3"
            )
            #expect(try await connection.number("SELECT heliograph.purge_positions(3)") == 3)
            #expect(try await connection.number("SELECT heliograph.purge_positions(100)") == 4)
            #expect(try await versions(id, on: connection) == [6, 6, 1, 1])
            #expect(try await connection.number("SELECT count(*) FROM heliograph.position WHERE lane < 2") == 5)

            try await connection.query("UPDATE heliograph.tick SET at = at - interval '1 day'")
            try await connection.query(
                """
                INSERT INTO heliograph.tick (at, incarnation, snapshot)
                SELECT date_trunc('hour', now()) - interval '3 hours' + n * interval '10 seconds', 1, '1:1:'
                FROM generate_series(0, 59) AS n
                """
            )
            try await connection.query("SELECT heliograph.record_tick('1:1:')")
            #expect(try await connection.number("SELECT heliograph.purge_ticks(7)") == 7)
            #expect(try await connection.number("SELECT heliograph.purge_ticks(1000)") == 43)
            #expect(try await connection.number("SELECT count(*) FROM heliograph.tick") == 12)
        }
    }
}
