import CBaseline
import HeliographPostgres

/// 16 connections at once: 16 threads in C, 16 ordinary tasks here.
struct ConcurrentMeasure {
    let area: DriverArea

    func run() async throws {
        let width = 16
        let count = area.isQuick ? 20 : 2_500
        var connections: [Connection] = []
        var sessions: [OpaquePointer?] = []
        defer { for session in sessions { baseline_close(session) } }
        for _ in 0..<width {
            connections.append(try await area.connect())
            guard let session = baseline_open(area.target) else { throw BaselineError() }
            sessions.append(session)
        }
        var c: [Sample] = []
        var swift: [Sample] = []
        var onExecutor: [Sample] = []
        var onExecutors: [Sample] = []
        for round in 0...area.rounds {
            let threads = try await Sample.take {
                try checked(baseline_select_threads(&sessions, Int32(width), Int32(count)))
            }
            let tasks = try await Sample.take { try await Self.select(count, onEach: connections) }
            let executorTasks = try await Sample.take {
                try await Self.select(count, onEach: connections, executors: [Connection.executor])
            }
            let dealtTasks = try await Sample.take {
                try await Self.select(count, onEach: connections, executors: Connection.executors)
            }
            if round == 0 { continue }
            c.append(threads)
            swift.append(tasks)
            onExecutor.append(executorTasks)
            onExecutors.append(dealtTasks)
        }
        for connection in connections { await connection.close() }
        area.report.add(
            "driver.concurrent.c.rate", Double(width * count) / c.map(\.seconds).median, "queries/s",
            rounds: area.rounds)
        area.report.add(
            "driver.concurrent.rate", c.map(\.seconds).median / swift.map(\.seconds).median, "ratio to C", .atLeast(1),
            rounds: area.rounds)
        for (name, series) in [("executor", onExecutor), ("executors", onExecutors)] {
            area.report.add(
                "driver.concurrent.rate.\(name)", c.map(\.seconds).median / series.map(\.seconds).median, "ratio to C",
                rounds: area.rounds)
            area.report.add(
                "driver.concurrent.cpu.\(name)", series.map(\.cpu).median / c.map(\.cpu).median, "ratio to C",
                rounds: area.rounds)
        }
        area.report.add(
            "driver.concurrent.cpu", swift.map(\.cpu).median / c.map(\.cpu).median, "ratio to C", .atMost(1.2),
            rounds: area.rounds)
    }

    /// - Parameter executors: where the tasks run, in turn; `nil` for ordinary ones.
    private static func select(
        _ count: Int, onEach connections: [Connection], executors: [(any TaskExecutor)?] = [nil]
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, connection) in connections.enumerated() {
                group.addTask(executorPreference: executors[number % executors.count]) {
                    try await select(count, on: connection)
                }
            }
            try await group.waitForAll()
        }
    }

    private static func select(_ count: Int, on connection: Connection) async throws {
        for number in 0..<count {
            let rows = try await connection.query("SELECT \(Int64(number))::int8 + 1")
            guard let row = rows.first, try row.decode(0, as: Int.self) == number + 1 else { throw WrongAnswer() }
        }
    }
}
