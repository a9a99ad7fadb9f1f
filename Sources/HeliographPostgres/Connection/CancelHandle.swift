import CLibPQ
import Dispatch
import Synchronization

/// Cancels what a connection's backend is doing, from any thread.
///
/// A cancellation names a backend, not a statement: one that arrives late would hit the next statement. So a statement that was
/// cancelled is only over when the request itself has been answered, see ``settle()``.
final class CancelHandle: Sendable {
    /// Unchecked, because libpq documents `PQcancel` as safe from any thread, and the pointer is freed once, by `deinit`.
    private struct Raw: @unchecked Sendable { let pointer: OpaquePointer }

    private enum State {
        case idle
        case running
        case cancelling
        case settling(CheckedContinuation<Void, Never>)
    }

    /// `PQcancel` opens a connection and blocks, so it has threads of its own.
    private static let queue = DispatchQueue(label: "heliograph.cancel", attributes: .concurrent)

    private let raw: Raw
    private let state = Mutex(State.idle)

    init(taking pointer: OpaquePointer) { raw = Raw(pointer: pointer) }

    deinit { PQfreeCancel(raw.pointer) }

    /// A statement starts, and may be cancelled from now on.
    func begin() { state.withLock { $0 = .running } }

    /// Asks the server to cancel the running statement; does nothing when none runs.
    func cancel() {
        let fire = state.withLock { state in
            guard case .running = state else { return false }
            state = .cancelling
            return true
        }
        guard fire else { return }
        Self.queue.async { [self] in
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(raw.pointer, &message, Int32(message.count))
            answered()
        }
    }

    /// The request has been answered; or the connection is gone, so that there is nothing left that a late one could hit.
    func answered() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            defer { state = .idle }
            if case .settling(let continuation) = state { return continuation }
            return nil
        }
        waiter?.resume()
    }

    /// The statement is over; waits until a cancellation that is under way has been answered.
    /// - Returns: whether one had been asked for.
    @discardableResult
    func settle() async -> Bool {
        let settled: Bool? = state.withLock { state in
            switch state {
            case .running:
                state = .idle
                return false
            case .idle: return true
            case .cancelling, .settling: return nil
            }
        }
        if let settled { return settled }
        await withCheckedContinuation { continuation in
            let done = state.withLock { state in
                guard case .cancelling = state else { return true }
                state = .settling(continuation)
                return false
            }
            if done { continuation.resume() }
        }
        return true
    }
}
