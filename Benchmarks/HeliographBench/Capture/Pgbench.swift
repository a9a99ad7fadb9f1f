import Foundation
import HeliographTesting

/// PostgreSQL's own load generator.
struct Pgbench {
    let cluster: LocalCluster
    let target: String
    let script: String
    var clients = 16
    var isSynchronous = true

    /// Transactions a second, over so many seconds.
    func rate(seconds: Int) async throws -> Double {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString).sql")
        try script.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let arguments = [
            "-n", "-M", "prepared", "-c", "\(clients)", "-j", "\(min(2, clients))", "-T", "\(seconds)", "-f", file.path,
            target,
        ]
        let outcome = try await withProgram(
            "\(cluster.programsPath)/pgbench", arguments,
            environment: ["PGOPTIONS": "-c synchronous_commit=\(isSynchronous ? "on" : "off")"]
        ) { program in
            try await program.ended()
            return program.lines
        }
        guard outcome.status == 0, let line = outcome.value.first(where: { $0.hasPrefix("tps = ") }),
            let rate = Double(line.dropFirst(6).prefix { $0 != " " })
        else { throw PgbenchError(lines: outcome.value.suffix(3)) }
        return rate
    }
}

struct PgbenchError: Error { let lines: ArraySlice<String> }
