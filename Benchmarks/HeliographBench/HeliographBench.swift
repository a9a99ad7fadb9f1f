import Foundation
import HeliographPostgres
import HeliographTesting

/// Measures side by side, in one run, interleaved: one line of JSON a measure. Exit status 1 if a goal is missed.
///
/// `heliograph-bench AREA [--quick] [--only MEASURE]`. The short form makes each measure once, with little work, and judges
/// nothing.
@main
struct HeliographBench {
    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let isQuick = arguments.contains("--quick")
        arguments.removeAll { $0 == "--quick" }
        var only: String?
        if let place = arguments.firstIndex(of: "--only"), place + 1 < arguments.count {
            only = arguments[place + 1]
            arguments.removeSubrange(place...place + 1)
        }
        guard arguments == ["driver"], only.map(DriverArea.measures.contains) ?? true else {
            let measures = DriverArea.measures.joined(separator: "|")
            let usage = "usage: heliograph-bench driver [--quick] [--only \(measures)]\n"
            FileHandle.standardError.write(Data(usage.utf8))
            exit(64)
        }
        LocalCluster.stopAllOnShutdownSignals()
        do {
            exit(try await run(isQuick: isQuick, only: only) ? 0 : 1)
        } catch {
            FileHandle.standardError.write(Data("heliograph-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    /// On the global executor, as a service's tasks are; main() is on the main thread.
    /// - Returns: whether all goals were reached.
    @concurrent private static func run(isQuick: Bool, only: String?) async throws -> Bool {
        let report = Report(judges: !isQuick)
        // TCP without TLS, as between a service and its database.
        // The time zone as initdb names it where the system's is UTC: psycopg has a short cut for the name UTC itself.
        let cluster = try await LocalCluster.start(settings: ["timezone": "Etc/UTC"], network: .loopback)
        do {
            let target = cluster.networkConnectionString() + " sslmode=disable"
            try await DriverArea(target: target, isQuick: isQuick, only: only, report: report).run()
            try await cluster.stop()
            return report.isGood
        } catch {
            try? await cluster.stop()
            throw error
        }
    }
}
