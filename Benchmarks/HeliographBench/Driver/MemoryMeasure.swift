import Foundation
import HeliographPostgres

/// Many connections one after the other, and many rows: no descriptor is left, and memory does not grow.
struct MemoryMeasure {
    let area: DriverArea

    func run() async throws {
        let cycles = area.isQuick ? 50 : 10_000
        // What is made once is made now.
        for _ in 0..<20 { try await cycle() }
        let descriptors = Self.descriptors
        let before = Self.residentMegabytes
        for _ in 0..<cycles { try await cycle() }
        area.report.add(
            "driver.cycles.descriptors", Double(Self.descriptors - descriptors), "left open", .atMost(0), rounds: 1)
        area.report.add(
            "driver.cycles.memory", Self.residentMegabytes - before, "MB more after \(cycles)", .atMost(8), rounds: 1)

        let count = area.isQuick ? 10_000 : 1_000_000
        let connection = try await area.connect()
        var most = 0.0
        var seen = 0
        try await connection.stream("SELECT n, repeat('x', 100) FROM generate_series(1, \(count)) AS n") { rows in
            for try await row in rows {
                seen += 1
                guard try row.decode(0, as: Int.self) == seen else { throw WrongAnswer() }
                if seen % 10_000 == 0 { most = max(most, Self.residentMegabytes) }
            }
        }
        await connection.close()
        guard seen == count else { throw WrongAnswer() }
        area.report.add("driver.stream.memory", most, "MB resident at most, \(count) rows", .atMost(64), rounds: 1)
    }

    private func cycle() async throws {
        let connection = try await area.connect()
        guard try await connection.query("SELECT 1").count == 1 else { throw WrongAnswer() }
        await connection.close()
    }

    private static var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd").count) ?? 0
    }

    /// From `/proc`; 0 where there is none.
    static var residentMegabytes: Double {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return 0 }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
    }
}
