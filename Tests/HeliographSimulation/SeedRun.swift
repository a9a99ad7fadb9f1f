import CSimulation
import Logging
import Synchronization

/// The run of one seed.
struct SeedRun {
    let seed: UInt64
    var flaw: Flaw?
    var showsLog = false

    struct Result {
        let seed: UInt64
        let faults: [String]
        let choices: UInt64
        let jobs: UInt64
        let seconds: Double
        let digest: UInt64

        var line: String {
            "seed \(seed): \(faults.isEmpty ? "pass" : "FAILED"), \(jobs) jobs, \(choices) choices, "
                + "\(Int(seconds)) s simulated, digest \(String(digest, radix: 16))"
        }
    }

    /// Of simulated time. Runs take some 100 s.
    private static let limit = 600.0

    var result: Result {
        simulation_begin(seed)
        let logger =
            showsLog
            ? Logger(label: "simulation") { _ in SimulationLog() }
            : Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        let simulation = Simulation(flaw: flaw, logger: logger)
        let found = Found()
        Task {
            do {
                let faults = try await simulation.run()
                found.faults.withLock { $0 = faults }
            } catch {
                found.faults.withLock { $0 = ["ended with an error: \(error)"] }
            }
            simulation_stop()
        }
        let isDone = simulation_run(Self.limit)
        let faults = found.faults.withLock(\.self) + (isDone ? [] : simulation.hindrances)
        return Result(
            seed: seed, faults: faults, choices: simulation_choices(), jobs: simulation_jobs(),
            seconds: simulation_seconds(), digest: simulation_digest())
    }

    private final class Found: Sendable {
        let faults = Mutex<[String]>([])
    }
}
