import CLibPQ
import Dispatch
import Synchronization

/// Cancels what a connection's backend is doing, from any thread.
///
/// A cancellation names a backend, not a statement: one that arrives late would hit the next statement. So a statement that was
/// cancelled is only over when the request itself has been answered, see ``settle()``. And a server or network that is frozen
/// answers no cancellation: a statement that does not end within some seconds of it loses its connection.
final class CancelHandle: Sendable {
    /// Unchecked, because libpq documents `PQcancel` as safe from any thread, and the pointer is freed once, by `deinit`.
    private struct Raw: @unchecked Sendable { let pointer: OpaquePointer }

    private enum Phase {
        case idle
        case running
        case cancelling
        case settling(CheckedContinuation<Void, Never>)
    }

    private struct State {
        var phase = Phase.idle
        /// Of statements, so that a late time-out knows that its own is over.
        var number: UInt64 = 0
        var isOver = true
    }

    /// `PQcancel` opens a connection and blocks, so it has threads of its own.
    private static let queue = DispatchQueue(label: "heliograph.cancel", attributes: .concurrent)
    private static let timers = DispatchQueue(label: "heliograph.grace")
    /// So long a cancelled statement may take to end.
    private static let limit = DispatchTimeInterval.seconds(5)

    private let raw: Raw
    private let socket: SocketHandle
    private let state = Mutex(State())

    init(taking pointer: OpaquePointer, socket: SocketHandle) {
        raw = Raw(pointer: pointer)
        self.socket = socket
    }

    deinit { PQfreeCancel(raw.pointer) }

    /// A statement starts.
    /// - Parameter isShielded: whether it is not cancelled on the server, only bounded in time.
    func begin(isShielded: Bool) {
        state.withLock { state in
            state.phase = isShielded ? .idle : .running
            state.number += 1
            state.isOver = false
        }
    }

    /// Asks the server to cancel the running statement, unless it is shielded, and cuts its connection if it does not end soon.
    func cancel() {
        let (number, fire) = state.withLock { state -> (UInt64?, Bool) in
            guard !state.isOver else { return (nil, false) }
            guard case .running = state.phase else { return (state.number, false) }
            state.phase = .cancelling
            return (state.number, true)
        }
        guard let number else { return }
        Self.timers.asyncAfter(deadline: .now() + Self.limit) { [weak self] in self?.cut(number) }
        guard fire else { return }
        Self.queue.async { [self] in
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(raw.pointer, &message, Int32(message.count))
            answered()
        }
    }

    private func cut(_ number: UInt64) {
        let isLate = state.withLock { !$0.isOver && $0.number == number }
        if isLate { socket.shutDown() }
    }

    /// The request has been answered; or the connection is gone, so that there is nothing left that a late one could hit.
    func answered() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            defer { state.phase = .idle }
            if case .settling(let continuation) = state.phase { return continuation }
            return nil
        }
        waiter?.resume()
    }

    /// The statement is over, and no cancellation under way, unless this is `nil`.
    /// - Returns: whether one had been asked for.
    func end() -> Bool? {
        state.withLock { state in
            state.isOver = true
            switch state.phase {
            case .running:
                state.phase = .idle
                return false
            case .idle: return true
            case .cancelling, .settling: return nil
            }
        }
    }

    /// The statement is over; waits until a cancellation that is under way has been answered.
    /// - Returns: whether one had been asked for.
    @discardableResult
    func settle() async -> Bool {
        if let wasCancelled = end() { return wasCancelled }
        await withCheckedContinuation { continuation in
            let done = state.withLock { state in
                guard case .cancelling = state.phase else { return true }
                state.phase = .settling(continuation)
                return false
            }
            if done { continuation.resume() }
        }
        return true
    }
}
