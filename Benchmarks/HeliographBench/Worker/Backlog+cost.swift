import Foundation
import Heliograph
import HeliographTesting

extension Backlog {
    /// What working it off took.
    struct Cost {
        /// CPU seconds of the worker's process.
        var worker: Double
        /// CPU seconds of all processes of the server.
        var server: Double
        /// The most that was resident of the worker's process, in MB, from its start.
        var peak: Double

        var cpu: Double { worker + server }
    }

    /// What one process takes for it that was started before and stood by, while nothing else happened: neither its start counts nor
    /// the users' insert.
    /// - Parameter finish: returns when all is done.
    func cost(records: Int? = nil, until finish: (RunningProgram) async throws -> Void) async throws -> Cost {
        try await setState("paused")
        try await insert()
        // Else it would be written while we look.
        try await area.withConnection(contestant) { try await $0.query("CHECKPOINT") }
        let environment = records.map { [ReceivedCount.variable: "\($0)"] } ?? [:]
        return try await area.withWorker(contestant, environment: environment) { program in
            // It hears the bell by then, and is quiet.
            try await Task.sleep(for: .milliseconds(area.isQuick ? 100 : 500))
            let server = try area.serverProcess
            let before = (
                worker: try ProcessUsage.cpu(of: program.processID), server: try ProcessUsage.cpu(ofTree: server)
            )
            try await setState("active")
            try await finish(program)
            return Cost(
                worker: try ProcessUsage.cpu(of: program.processID) - before.worker,
                server: try ProcessUsage.cpu(ofTree: server) - before.server,
                peak: try ProcessUsage.peakMegabytes(of: program.processID))
        }
    }
}
