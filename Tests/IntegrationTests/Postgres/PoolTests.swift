import Heliograph
import HeliographTesting
import Testing

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

    @Test("Who waits too long is told, and who is cancelled leaves no gap", .timeLimit(.minutes(5)))
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
}
