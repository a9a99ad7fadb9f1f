import CBaseline
import HeliographPostgres

/// Pipelines of 100 prepared selects.
struct PipelineMeasure {
    let area: DriverArea

    func run() async throws {
        let size = 100
        let count = area.isQuick ? 3 : 400
        let connection = try await area.connect()
        var c: [Double] = []
        var swift: [Double] = []
        try await area.withBaseline { session in
            for round in 0...area.rounds {
                let plain = try await Sample.take { try checked(baseline_pipeline(session, Int32(count), Int32(size))) }
                let ours = try await Sample.take {
                    for _ in 0..<count {
                        let results = try await connection.pipeline((0..<size).map { "SELECT \(Int64($0))::int8 + 1" })
                        for (number, rows) in results.enumerated() {
                            guard let row = rows.first, try row.decode(0, as: Int.self) == number + 1 else {
                                throw WrongAnswer()
                            }
                        }
                    }
                }
                if round == 0 { continue }
                c.append(plain.seconds)
                swift.append(ours.seconds)
            }
        }
        await connection.close()
        area.report.add(
            "driver.pipeline.c.rate", Double(size * count) / c.median, "statements/s", rounds: area.rounds)
        area.report.add(
            "driver.pipeline.rate", c.median / swift.median, "ratio to C", .atLeast(0.9), rounds: area.rounds)
    }
}
