import HeliographPostgres
import Synchronization

/// Runs something for a limited time, whether or not it heeds cancellation.
enum TimedTask {
    /// - Returns: what `body` returned, or why not: its error, ``ReceiverTimeout``, or ``Abandoned`` when the caller was cancelled, whether
    ///   or not `body` still runs.
    static func run<R: Sendable>(
        within limit: Duration, by timekeeper: Timekeeper, _ body: @escaping @Sendable () async throws -> R
    ) async -> Result<R, any Error> {
        let race = Race<R>()
        let task = Task {
            do {
                race.end(.success(try await body()))
            } catch {
                race.end(.failure(error))
            }
        }
        let deadline = timekeeper.set(after: limit) { race.end(.failure(ReceiverTimeout(limit: limit))) }
        defer { timekeeper.drop(deadline) }
        return await withTaskCancellationHandler {
            let result = await race.result
            if case .failure(is ReceiverTimeout) = result { task.cancel() }
            return result
        } onCancel: {
            task.cancel()
            race.end(.failure(Abandoned()))
        }
    }

    /// The caller was cancelled.
    struct Abandoned: Error {}

    /// Whoever comes first has the say.
    private final class Race<R: Sendable>: Sendable {
        private struct State {
            var result: Result<R, any Error>?
            var waiter: CheckedContinuation<Result<R, any Error>, Never>?
        }
        private let state = Mutex(State())

        func end(_ result: Result<R, any Error>) {
            let waiter = state.withLock { state -> CheckedContinuation<Result<R, any Error>, Never>? in
                guard state.result == nil else { return nil }
                state.result = result
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: result)
        }

        var result: Result<R, any Error> {
            get async {
                await withCheckedContinuation { continuation in
                    let result = state.withLock { state in
                        if state.result == nil { state.waiter = continuation }
                        return state.result
                    }
                    if let result { continuation.resume(returning: result) }
                }
            }
        }
    }
}
