import CBaseline
import Foundation
import HeliographPostgres

/// 100,000 rows of (int8, text, timestamptz, bool) into an array of structs. C only touches the values.
struct RowsMeasure {
    let area: DriverArea
    let peer: PythonPeer?

    private struct Item {
        let number: Int64
        let text: String
        let time: Date
        let isEven: Bool
    }

    /// With a libpq that hands rows over in chunks it is another measure.
    private var name: String { baseline_libpq_version() >= 170_000 ? "driver.rows.chunked" : "driver.rows" }

    func run() async throws {
        let count = area.rowCount
        let connection = try await area.connect()
        var c: [Double] = []
        var swift: [Double] = []
        var python: [Double] = []
        try await area.withBaseline { session in
            for round in 0...area.rounds {
                var sum: UInt64 = 0
                let plain = try await Sample.take { try checked(baseline_rows(session, Int32(count), &sum)) }
                let ours = try await Sample.take {
                    let items = try await Self.items(count, on: connection)
                    guard items.count == count, items.last?.number == Int64(count) else { throw WrongAnswer() }
                }
                let other = try peer?.run("rows", count).seconds
                if round == 0 { continue }
                c.append(plain.seconds)
                swift.append(ours.seconds)
                if let other { python.append(other) }
            }
        }
        await connection.close()
        area.report.add("\(name).c.time", c.median * 1000, "ms", rounds: area.rounds)
        area.report.add(
            "\(name).time", swift.median / c.median, "ratio to C", .atMost(1.1), rounds: area.rounds)
        if !python.isEmpty {
            area.report.add(
                "\(name).rate", python.median / swift.median, "ratio to psycopg", .atLeast(2.5), rounds: area.rounds
            )
        }
    }

    private static func items(_ count: Int, on connection: Connection) async throws -> [Item] {
        try await connection.query(
            Statement(
                "SELECT number, text, time, is_even FROM bench_rows WHERE number <= \(count)::int8"
            ) { row in
                try Item(number: row.decode(0), text: row.decode(1), time: row.decode(2), isEven: row.decode(3))
            }
        )
    }
}
