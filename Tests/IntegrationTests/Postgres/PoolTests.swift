import Heliograph
import HeliographTesting
import Testing

@testable import HeliographPostgres

@Suite("Connection pool")
struct PoolTests {
    @Test("Many users share few connections, and each gets its turn")
    func sharing() async throws {
        try await Fixture.with { fixture in
            try await fixture.withPool(maximum: 3) { pool in
                let backends = try await withThrowingTaskGroup(of: Int32.self) { group in
                    for _ in 0..<100 {
                        group.addTask {
                            try await pool.query("SELECT pg_backend_pid()").first?.decode(0, as: Int32.self) ?? 0
                        }
                    }
                    return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
                }
                #expect((1...3).contains(backends.count))
                #expect(pool.counts.waiting == 0)
                #expect(pool.counts.open <= 3)
            }
        }
    }

    @Test("A connection that comes back in a transaction, or broken, is never lent again")
    func reset() async throws {
        try await Fixture.with { fixture in
            try await fixture.withPool(maximum: 1) { pool in
                let first = try await pool.withConnection { connection in
                    try await connection.query("BEGIN")
                    return connection.backendProcessID
                }
                let second = try await pool.withConnection { connection in
                    #expect(await connection.isIdle)
                    return connection.backendProcessID
                }
                #expect(first != second)
                try await fixture.terminate(second)
                #expect(try await pool.withConnection { $0.backendProcessID } != second)
            }
        }
    }

    @Test("One that comes back in a transaction is not handed to who waits for one", .timeLimit(.minutes(5)))
    func handingOn() async throws {
        try await Fixture.with { fixture in
            try await fixture.withPool(maximum: 1) { pool in
                let (left, waiter) = try await pool.withConnection { connection in
                    try await connection.query("BEGIN")
                    let waiter = Task { try await pool.withConnection { $0.backendProcessID } }
                    while pool.counts.waiting == 0 { await Task.yield() }
                    return (connection.backendProcessID, waiter)
                }
                #expect(try await waiter.value != left)
            }
        }
    }

    @Test("One that has been cut is not lent again, however soon")
    func cut() async throws {
        try await Fixture.with { fixture in
            try await fixture.withPool(maximum: 1) { pool in
                for _ in 0..<50 {
                    let cut = try await pool.withConnection { connection in
                        try await connection.query("SELECT 1")
                        connection.abort()
                        return connection.backendProcessID
                    }
                    let next = try await pool.query("SELECT pg_backend_pid()").first?.decode(0, as: Int32.self)
                    #expect(next != cut)
                }
                #expect(pool.counts.open == 1)
            }
        }
    }

    @Test("One that somebody still uses when it comes back is not lent again")
    func inUse() async throws {
        try await Fixture.with { fixture in
            try await fixture.withPool(maximum: 1) { pool in
                let (left, user) = try await pool.withConnection { connection in
                    // It ends with the connection, which nobody may have.
                    let user = Task { try await connection.query("SELECT pg_sleep(600)") }
                    while connection.isAtRest { await Task.yield() }
                    return (connection.backendProcessID, user)
                }
                let next = try await pool.withConnection { $0.backendProcessID }
                #expect(next != left)
                await #expect(throws: PostgresError.self) { try await user.value }
            }
        }
    }

    @Test("Who waits too long is told, and who is cancelled leaves no gap", .timeLimit(.minutes(10)))
    func waiting() async throws {
        try await Fixture.with { fixture in
            let pool = ConnectionPool(
                .init(fixture.configuration, maximum: 1, leaseTimeout: .milliseconds(50)), logger: fixture.logger
            )
            try await pool.withConnection { _ in
                let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
                #expect(error?.code == .poolTimeout)
                let waiter = Task { try await pool.query("SELECT 1") }
                waiter.cancel()
                await #expect(throws: (any Error).self) { try await waiter.value }
            }
            #expect(try await pool.query("SELECT 1").count == 1)
            #expect(pool.counts.waiting == 0)
            await pool.shutDown()
            let closed = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
            #expect(closed?.code == .invalidUse)
        }
    }

    @Test("As a service it keeps its minimum open, also after a loss", .timeLimit(.minutes(10)))
    func minimum() async throws {
        try await Fixture.with { fixture in
            let settings = ConnectionPool.Configuration(
                fixture.configuration, minimum: 2, maximum: 4, idleTimeout: .milliseconds(400))
            let pool = ConnectionPool(settings, logger: fixture.logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pool.run() }
                try await eventually("the minimum") { pool.counts.idle == 2 }
                let backend = try await pool.withConnection { $0.backendProcessID }
                try await fixture.terminate(backend)
                _ = try await pool.query("SELECT 1")
                try await eventually("the minimum again") { pool.counts == (open: 2, idle: 2, waiting: 0) }
                group.cancelAll()
            }
            #expect(pool.counts.open == 0)
        }
    }

    @Test("A connection that is too old is not lent again")
    func lifetime() async throws {
        try await Fixture.with { fixture in
            var settings = ConnectionPool.Configuration(fixture.configuration, maximum: 1)
            settings.maximumLifetime = .zero
            let pool = ConnectionPool(settings, logger: fixture.logger)
            var backends = Set<Int32>()
            for _ in 0..<3 { backends.insert(try await pool.withConnection { $0.backendProcessID }) }
            #expect(backends.count == 3)
            await pool.shutDown()
        }
    }

    @Test("Where it is wanted, nothing of a user's session is left for the next one")
    func sessions() async throws {
        try await Fixture.with { fixture in
            var settings = ConnectionPool.Configuration(fixture.configuration, maximum: 1)
            settings.resetsSessions = true
            let pool = ConnectionPool(settings, logger: fixture.logger)
            let first = try await pool.withConnection { connection in
                try await connection.query("SET work_mem = '5MB'")
                try await connection.query("LISTEN news")
                try await connection.query("SELECT pg_advisory_lock(7)")
                try await connection.query("CREATE TEMPORARY TABLE mine (id int8)")
                return connection.backendProcessID
            }
            let row = try #require(
                try await pool.query(
                    """
                    SELECT pg_backend_pid(), current_setting('work_mem'), (SELECT count(*) FROM pg_listening_channels()),
                        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
                        to_regclass('mine') IS NULL
                    """
                ).first
            )
            #expect(try row.decode(0, as: Int32.self) == first)
            #expect(try row.decode(1, as: String.self) != "5MB")
            #expect(try row.decode(2, as: Int.self) == 0)
            #expect(try row.decode(3, as: Int.self) == 0)
            #expect(try row.decode(4, as: Bool.self))
            await pool.shutDown()
        }
    }
}
