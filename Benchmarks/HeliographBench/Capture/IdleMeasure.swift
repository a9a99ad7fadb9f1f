import Heliograph
import HeliographTesting

/// What a process does while nothing happens.
struct IdleMeasure {
    let area: CaptureArea

    func run() async throws {
        let seconds = area.isQuick ? 1 : 20
        let own = try programPath("heliograph-bench")
        let statements = try await withProgram(own, ["--follow", area.target], environment: [:]) { program in
            try await program.line(containing: "listening")
            // Its start is over, and it has become the pump.
            try await Task.sleep(for: .seconds(area.isQuick ? 1 : 5))
            let before = try await count()
            try await Task.sleep(for: .seconds(seconds))
            // The counting takes two transactions.
            return Double(try await count() - before - 1) / Double(seconds)
        }.value
        area.report.add("capture.idle", statements, "statements/s of an idle process", .atMost(2), rounds: 1)
    }

    private func count() async throws -> Int {
        try await area.withConnection { connection in
            // The sessions report what they did when they are idle, within a second.
            try await connection.query("SELECT pg_stat_force_next_flush()")
            return try await connection.query(
                "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
            ).first?.decode(0) ?? 0
        }
    }
}
