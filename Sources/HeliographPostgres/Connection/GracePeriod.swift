import Dispatch
import Synchronization

/// Does something drastic if a cancelled statement does not end within some seconds: a server or network that is frozen
/// answers no cancellation, and who has been cancelled must not wait for it for ever.
final class GracePeriod: Sendable {
    private enum State {
        case idle
        case running(DispatchWorkItem)
        case over
    }

    /// Unchecked: a work item may be cancelled from any thread, and is reached only under the lock.
    private struct Guarded: @unchecked Sendable { var state = State.idle }

    private static let timers = DispatchQueue(label: "heliograph.grace")

    private let guarded = Mutex(Guarded())
    private let limit: DispatchTimeInterval
    private let expire: @Sendable () -> Void

    init(_ limit: DispatchTimeInterval, expire: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.expire = expire
    }

    /// The statement has been cancelled.
    func start() {
        guarded.withLock { guarded in
            guard case .idle = guarded.state else { return }
            let item = DispatchWorkItem { [expire] in expire() }
            guarded.state = .running(item)
            Self.timers.asyncAfter(deadline: .now() + limit, execute: item)
        }
    }

    /// The statement has ended.
    func stop() {
        guarded.withLock { guarded in
            if case .running(let item) = guarded.state { item.cancel() }
            guarded.state = .over
        }
    }
}
