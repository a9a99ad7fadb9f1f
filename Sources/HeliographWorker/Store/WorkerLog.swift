import HeliographLog
import Logging

/// Where a worker's log is.
protocol WorkerLog: Sendable {
    /// - Throws: ``WorkerError`` or ``LogError`` for a set-up that cannot work.
    func check() async throws

    /// Where its answers arrive: there the loops are to run.
    var executor: (any TaskExecutor)? { get }

    /// Registers a subscription and runs `body` with what its loop needs.
    /// - Returns: `nil` when it is not to be worked on: then nothing was run.
    func withStore<R>(
        for subscription: Subscription, _ configuration: WorkerConfiguration, _ logger: Logger,
        _ body: (any LaneStore, any LaneReader) async throws -> R
    ) async throws -> WorkerLogOutcome<R>
}

/// What became of a subscription's turn.
enum WorkerLogOutcome<R> {
    case ran(R)
    /// A newer revision is in force.
    case superseded
    /// It is paused, or has lapsed.
    case resting
}
