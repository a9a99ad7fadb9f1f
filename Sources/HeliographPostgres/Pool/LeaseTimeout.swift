import Synchronization

/// Does something if a wait has not ended in time.
final class LeaseTimeout: Sendable {
    private enum State {
        case unset
        case running(UInt64)
        case over
    }

    private static let timekeeper = Timekeeper(onQueue: "heliograph.lease")

    private let state = Mutex(State.unset)
    private let limit: Duration
    private let expire: @Sendable () -> Void

    init(_ limit: Duration, expire: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.expire = expire
    }

    /// The wait begins.
    func start() {
        state.withLock { state in
            guard case .unset = state else { return }
            state = .running(Self.timekeeper.set(after: limit) { self.strike() })
        }
    }

    private func strike() {
        let isRunning = state.withLock { state in
            defer { state = .over }
            if case .running = state { return true }
            return false
        }
        if isRunning { expire() }
    }

    /// The wait has ended.
    func stop() {
        state.withLock { state in
            if case .running(let deadline) = state { Self.timekeeper.drop(deadline) }
            state = .over
        }
    }
}
