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
        if arguments.count == 2, Companion.roles.contains(arguments[0]) {
            do {
                try await Companion.run(arguments[0], arguments[1])
                exit(0)
            } catch {
                fail("\(error)", status: 1)
            }
        }
        guard arguments.count == 1, let measures = areas[arguments[0]], only.map(measures.contains) ?? true else {
            let usage = areas.map { "heliograph-bench \($0) [--quick] [--only \($1.joined(separator: "|"))]" }.sorted()
            fail(
                "usage: " + usage.joined(separator: "\n       ")
                    + "\nmeasured only when named, for it takes many minutes and some GB: \(WorkerArea.measureByNameOnly)",
                status: 64)
        }
        LocalCluster.stopAllOnShutdownSignals()
        do {
            exit(try await run(arguments[0], isQuick: isQuick, only: only) ? 0 : 1)
        } catch {
            fail("heliograph-bench: \(error)", status: 1)
        }
    }

    private static let areas = [
        "driver": DriverArea.measures, "capture": CaptureArea.measures, "signals": SignalsArea.measures,
        "worker": WorkerArea.measures,
    ]

    private static func fail(_ message: String, status: Int32) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(status)
    }

    /// On the global executor, as a service's tasks are; main() is on the main thread.
    /// - Returns: whether all goals were reached.
    @concurrent private static func run(_ area: String, isQuick: Bool, only: String?) async throws -> Bool {
        let report = Report(judges: !isQuick)
        if area == "signals" {
            try await SignalsArea(isQuick: isQuick, only: only, report: report).run()
            return report.isGood
        }
        // TCP without TLS, as between a service and its database; what writers pay is measured on a disk.
        // The time zone as initdb names it where the system's is UTC: psycopg has a short cut for the name UTC itself.
        let cluster = try await LocalCluster.start(
            settings: [
                "timezone": "Etc/UTC", "max_wal_size": "4GB", "shared_buffers": "256MB",
                "track_commit_timestamp": area == "worker" ? "on" : "off",
            ],
            durable: area != "driver" && !isQuick, network: .loopback)
        do {
            if area == "capture" {
                try await CaptureArea(cluster: cluster, isQuick: isQuick, only: only, report: report).run()
            } else if area == "worker" {
                try await WorkerArea(cluster: cluster, isQuick: isQuick, only: only, report: report).run()
            } else {
                let target = cluster.networkConnectionString() + " sslmode=disable"
                try await DriverArea(target: target, isQuick: isQuick, only: only, report: report).run()
            }
            try await cluster.stop()
            return report.isGood
        } catch {
            try? await cluster.stop()
            throw error
        }
    }
}
