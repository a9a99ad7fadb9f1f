import HeliographTesting

/// A worker process of the demonstration, and the name of its sessions.
struct DemoWorker: Sendable {
    let name: String
    let program: RunningProgram
}
