import CLibPQ
import Dispatch
import Synchronization

/// Cancels what a connection's backend is doing, from any thread.
///
/// A cancellation names a backend, not a statement: one that arrives late would hit the next statement. So a statement that was
/// cancelled is only over when the request itself has been answered, see ``settle()``. And a server or network that is frozen
/// answers no cancellation: a statement that does not end within some seconds of it loses its connection.
final class CancelHandle: Sendable {
    /// What libpq cancels with. Unchecked, because libpq documents `PQcancel` as safe from any thread; the object of its
    /// successor is used by one request at a time, see ``cancel()``; and the pointer is freed once, by `deinit`.
    private struct Raw: @unchecked Sendable {
        let pointer: OpaquePointer
        let successor: LibPQ.Cancellation?
    }

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

    /// - Returns: `nil` if libpq has no memory for it, or the connection is closed.
    init?(connection: OpaquePointer?, socket: SocketHandle) {
        let successor = LibPQ.cancellation
        guard let pointer = successor.map({ $0.create(connection) }) ?? PQgetCancel(connection) else { return nil }
        raw = Raw(pointer: pointer, successor: successor)
        self.socket = socket
    }

    deinit {
        if let successor = raw.successor { successor.finish(raw.pointer) } else { PQfreeCancel(raw.pointer) }
    }

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
            if let successor = raw.successor {
                successor.run(raw.pointer)
            } else {
                var message = [CChar](repeating: 0, count: 256)
                _ = PQcancel(raw.pointer, &message, Int32(message.count))
            }
            answered()
        }
    }

    /// Cuts the connection of a statement that has not ended in time, or whose cancellation has not been answered in time.
    private func cut(_ number: UInt64) {
        let isLate = state.withLock { state in
            guard state.number == number else { return false }
            switch state.phase {
            case .cancelling, .settling: return true
            case .idle, .running: return !state.isOver
            }
        }
        guard isLate else { return }
        socket.shutDown()
        // A request that is answered after all hits nobody any more.
        answered()
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
