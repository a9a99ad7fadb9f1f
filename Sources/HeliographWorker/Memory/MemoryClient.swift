import HeliographLog
import HeliographPostgres
import Logging
import Synchronization

/// How a worker reaches a log in memory.
struct MemoryClient: WorkerLog {
    let log: MemoryLog
    /// `nil`: nothing is in between.
    var network: (any MemoryNetwork)?

    func check() {}

    /// Nothing is waited for that another thread brings.
    var executor: (any TaskExecutor)? { nil }

    func withStore<R>(
        for subscription: Subscription, _ configuration: WorkerConfiguration, _ logger: Logger,
        _ body: (any LaneStore, any LaneReader) async throws -> R
    ) async throws -> WorkerLogOutcome<R> {
        let known = try await ask { [log] in try log.state.withLock { try MemoryLog.register(subscription, in: &$0) } }
        if known.revision > subscription.revision { return .superseded }
        if known.isPaused { return .resting }
        let store = MemoryStore(self, subscription, known)
        do {
            let result = try await body(store, MemoryReader(self, subscription, laneCount: known.laneCount))
            store.close()
            return .ran(result)
        } catch {
            store.close()
            throw error
        }
    }

    /// Has the log do something.
    /// - Throws: what it throws; ``PostgresError`` with `connectionLost` if no answer arrives.
    func ask<R: Sendable>(_ request: @escaping @Sendable () throws -> R) async throws -> R {
        guard let network else { return try request() }
        let answer = Answer<R>()
        let isAnswered = await network.carry {
            let result = Result { try request() }
            answer.result.withLock { $0 = result }
        }
        guard isAnswered, let result = answer.result.withLock(\.self) else { throw Self.lost }
        return try result.get()
    }

    static var lost: PostgresError { PostgresError(.connectionLost, "the connection to the log in memory is lost") }

    private final class Answer<R: Sendable>: Sendable {
        let result = Mutex<Result<R, any Error>?>(nil)
    }
}
