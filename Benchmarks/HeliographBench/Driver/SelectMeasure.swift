import CBaseline
import HeliographPostgres

/// One connection, one prepared select after the other.
struct SelectMeasure {
    let area: DriverArea
    let peer: PythonPeer?

    private struct Series {
        var latencies: [Double] = []
        var cpu: [Double] = []
        var seconds: [Double] = []

        mutating func add(_ sample: Sample, _ nanoseconds: [UInt64]) {
            latencies.append(nanoseconds.median)
            cpu.append(sample.cpu)
            seconds.append(sample.seconds)
        }
    }

    func run() async throws {
        let count = area.isQuick ? 200 : 10_000
        let connection = try await area.connect()
        var plain = Series()
        var ordinary = Series()
        var onExecutor = Series()
        var python: [Double] = []
        try await area.withBaseline { session in
            for round in 0...area.rounds {
                var times = [UInt64](repeating: 0, count: count)
                let c = try await Sample.take { try checked(baseline_select(session, Int32(count), &times)) }
                let (swift, swiftTimes) = try await select(count, on: connection)
                let (near, nearTimes) = try await withTaskExecutorPreference(Connection.executor) {
                    try await select(count, on: connection)
                }
                let other = try peer?.run("select", count).seconds
                if round == 0 { continue }  // to warm up
                plain.add(c, times)
                ordinary.add(swift, swiftTimes)
                onExecutor.add(near, nearTimes)
                if let other { python.append(other) }
            }
        }
        await connection.close()
        let rounds = area.rounds
        func ratio(_ name: String, _ value: [Double], to base: [Double], _ goal: Measure.Goal) {
            area.report.add("driver.select.\(name)", value.median / base.median, "ratio to C", goal, rounds: rounds)
        }
        for (name, series) in [("c", plain), ("ordinary", ordinary), ("executor", onExecutor)] {
            area.report.add("driver.select.\(name).p50", series.latencies.median / 1000, "us", rounds: rounds)
            area.report.add("driver.select.\(name).cpu", series.cpu.median / Double(count) * 1e6, "us", rounds: rounds)
            area.report.add(
                "driver.select.\(name).time", series.seconds.median / Double(count) * 1e6, "us", rounds: rounds)
        }
        if !python.isEmpty {
            area.report.add("driver.select.psycopg.time", python.median / Double(count) * 1e6, "us", rounds: rounds)
        }
        ratio("latency", ordinary.latencies, to: plain.latencies, .atMost(1.45))
        ratio("latency.executor", onExecutor.latencies, to: plain.latencies, .atMost(1.2))
        ratio("cpu", ordinary.cpu, to: plain.cpu, .atMost(1.8))
        ratio("cpu.executor", onExecutor.cpu, to: plain.cpu, .atMost(1.3))
        if !python.isEmpty {
            area.report.add(
                "driver.select.rate", python.median / ordinary.seconds.median, "ratio to psycopg", .atLeast(1.6),
                rounds: rounds)
        }
    }

    private func select(_ count: Int, on connection: Connection) async throws -> (Sample, [UInt64]) {
        var times: [UInt64] = []
        times.reserveCapacity(count)
        let sample = try await Sample.take {
            for number in 0..<count {
                let start = baseline_now()
                let rows = try await connection.query("SELECT \(Int64(number))::int8 + 1")
                guard let row = rows.first, try row.decode(0, as: Int.self) == number + 1 else { throw WrongAnswer() }
                times.append(baseline_now() - start)
            }
        }
        return (sample, times)
    }
}

struct WrongAnswer: Error {}
