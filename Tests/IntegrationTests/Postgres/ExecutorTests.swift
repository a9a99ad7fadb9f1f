import Heliograph
import HeliographTesting
import Testing

@testable import HeliographPostgres

@Suite("The client's own threads")
struct ExecutorTests {
    /// Ordinary tasks, and those of each thread.
    private var places: [(any TaskExecutor)?] { [nil] + Connection.executors.map(Optional.some) }

    @Test(
        "There is one for each core, the first of which is the executor, and each runs tasks", .timeLimit(.minutes(5)))
    func threads() async throws {
        let executors = Connection.executors
        #expect((1...8).contains(executors.count))
        let first = try #require(Connection.executor)
        #expect(first === executors.first)
        for executor in executors {
            let isThere = await withTaskExecutorPreference(executor) {
                withUnsafeCurrentTask { $0?.unownedTaskExecutor == executor.asUnownedTaskExecutor() }
            }
            #expect(isThere)
        }
    }

    @Test("On the executor everything is as elsewhere", .timeLimit(.minutes(5)))
    func executor() async throws {
        try await Fixture.with { fixture in
            try await fixture.withPool(maximum: 4) { pool in
                try await withTaskExecutorPreference(Connection.executor) {
                    try await withThrowingTaskGroup(of: Int.self) { group in
                        for number in 0..<200 {
                            group.addTask {
                                let row = try #require(try await pool.query("SELECT \(number)::int8").first)
                                return try row.decode(0)
                            }
                        }
                        var sum = 0
                        for try await number in group { sum += number }
                        #expect(sum == 19_900)
                    }
                }
            }
        }
    }

    @Test("A connection is used by tasks of all threads in turn, and at once", .timeLimit(.minutes(5)))
    func following() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                for number in 0..<300 {
                    let answer = try await withTaskExecutorPreference(places[number % places.count]) {
                        try #require(try await connection.query("SELECT \(number)::int8").first).decode(0, as: Int.self)
                    }
                    #expect(answer == number)
                    // For tasks that run elsewhere it is the first.
                    #expect(connection.reactorNumber == max(0, number % places.count - 1))
                }
                let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<300 {
                        group.addTask(executorPreference: places[number % places.count]) {
                            // Some of them wait for the server, some find the answer there.
                            let delay = number % 7 == 0 ? 0.002 : 0
                            return try #require(
                                try await connection.query("SELECT \(number)::int8 FROM pg_sleep(\(delay))").first
                            ).decode(0)
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(sum == 44_850)
            }
        }
    }

    @Test(
        "A pool is shared by tasks of all threads; a lost connection and a cancelled statement are told there",
        .timeLimit(.minutes(5)))
    func sharing() async throws {
        try await Fixture.with { fixture in
            try await fixture.withPool(maximum: 3) { pool in
                for place in places {
                    try await withTaskExecutorPreference(place) {
                        await #expect(throws: PostgresError.self) {
                            try await pool.query("SELECT pg_terminate_backend(pg_backend_pid())")
                        }
                        let sleeper = Task(executorPreference: place) { try await pool.query("SELECT pg_sleep(60)") }
                        while try await fixture.sleepers() == 0 { await Task.yield() }
                        sleeper.cancel()
                        await #expect(throws: CancellationError.self) { try await sleeper.value }
                    }
                }
                let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<400 {
                        group.addTask(executorPreference: places[number % places.count]) {
                            try #require(try await pool.query("SELECT \(number)::int8").first).decode(0)
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(sum == 79_800)
                #expect(pool.counts.open <= 3)
            }
        }
    }

    @Test(
        "Who waits for notifications is woken in time wherever the connection was used before", .timeLimit(.minutes(5)))
    func notifications() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("LISTEN shop")
                for place in places {
                    try await withTaskExecutorPreference(place) { _ = try await connection.query("SELECT 1") }
                    for waitingPlace in places {
                        try await withTaskExecutorPreference(waitingPlace) {
                            let none = try await connection.nextNotifications(within: .milliseconds(20))
                            #expect(none.isEmpty)
                            async let heard = connection.nextNotifications(within: .seconds(60))
                            try await fixture.psql("NOTIFY shop, 'open'")
                            #expect(try await heard.map(\.payload) == ["open"])
                        }
                    }
                }
            }
        }
    }
}

extension Fixture {
    /// How many sessions of this database sleep in a statement.
    fileprivate func sleepers() async throws -> Int {
        try await withConnection { connection in
            try #require(
                try await connection.query(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event = 'PgSleep'
                    """
                ).first
            ).decode(0, as: Int.self)
        }
    }
}
