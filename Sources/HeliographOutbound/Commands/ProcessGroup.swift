import Foundation
import Synchronization

/// The processes of a command, from before its start until none is left.
final class ProcessGroup: Sendable {
    private struct State {
        var id: pid_t?
        var isEmpty = false
        var reason: CommandStop?
        /// What it was sent last; it still has to be sent if the group has not started yet.
        var signal: Int32?
    }

    private let state = Mutex(State())

    /// Why it was told to end, if it was.
    var reason: CommandStop? { state.withLock { $0.reason } }

    /// Its first process is there, and leads it.
    func start(_ leader: pid_t) {
        state.withLock { state in
            state.id = leader
            if let signal = state.signal { Foundation.kill(-leader, signal) }
        }
    }

    /// Asks all of them to end.
    func stop(_ reason: CommandStop) {
        state.withLock { state in
            state.reason = reason
            Self.send(SIGTERM, &state)
        }
    }

    /// Ends all of them.
    func kill() {
        state.withLock { Self.send(SIGKILL, &$0) }
    }

    /// Whether none is left. Once that is so it stays so: the number may be somebody else's then.
    ///
    /// The leader has to have been waited for. Until the group is empty, the system gives its number to no other
    /// process.
    var isEmpty: Bool {
        state.withLock { state in
            guard !state.isEmpty, let id = state.id else { return true }
            // Where this program is the first process of a container, it inherits what others leave, and has to bury
            // it.
            while waitpid(-id, nil, WNOHANG) > 0 {}
            state.isEmpty = Foundation.kill(-id, 0) != 0 && errno == ESRCH
            return state.isEmpty
        }
    }

    private static func send(_ signal: Int32, _ state: inout State) {
        state.signal = signal
        if let id = state.id, !state.isEmpty { Foundation.kill(-id, signal) }
    }
}
