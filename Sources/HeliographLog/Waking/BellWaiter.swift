package import HeliographPostgres
import Synchronization

/// Waits for the bell, or for a time to pass. A bell that rings while nobody waits is remembered.
public final class BellWaiter: Sendable {
    private enum State {
        case idle
        case rung
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.idle)
    private let timekeeper: Timekeeper

    /// - Parameter timekeeper: by which it waits for a time. Default: its own.
    package init(by timekeeper: Timekeeper = Timekeeper()) { self.timekeeper = timekeeper }

    /// Ends the wait, or the next one.
    public func ring() {
        let continuation: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard case .waiting(let continuation) = state else {
                state = .rung
                return nil
            }
            state = .idle
            return continuation
        }
        continuation?.resume()
    }

    /// Suspends until the bell rings, the time is over, or the task is cancelled.
    public func wait(upTo time: Duration) async {
        guard !hasRung() else { return }
        let deadline = timekeeper.set(after: time) { [weak self] in self?.ring() }
        await wait()
        timekeeper.drop(deadline)
    }

    /// Whether it has rung; that is forgotten then.
    private func hasRung() -> Bool {
        state.withLock { state in
            guard case .rung = state else { return false }
            state = .idle
            return true
        }
    }

    /// Suspends until the bell rings, or the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver: Bool = state.withLock { state in
                    if case .rung = state {
                        state = .idle
                        return true
                    }
                    if Task.isCancelled { return true }
                    state = .waiting(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let continuation: CheckedContinuation<Void, Never>? = state.withLock { state in
                guard case .waiting(let continuation) = state else { return nil }
                state = .idle
                return continuation
            }
            continuation?.resume()
        }
    }
}
