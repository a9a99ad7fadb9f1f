import Dispatch
import Synchronization

/// Does something if a wait has not ended in time.
final class LeaseTimeout: Sendable {
    /// Unchecked: a work item may be cancelled from any thread, and is reached only under the lock.
    private struct Guarded: @unchecked Sendable {
        var item: DispatchWorkItem?
        var isOver = false
    }

    private static let timers = DispatchQueue(label: "heliograph.lease")

    private let guarded = Mutex(Guarded())
    private let limit: Duration
    private let expire: @Sendable () -> Void

    init(_ limit: Duration, expire: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.expire = expire
    }

    /// The wait begins.
    func start() {
        guarded.withLock { guarded in
            guard !guarded.isOver, guarded.item == nil else { return }
            let item = DispatchWorkItem { [expire] in expire() }
            guarded.item = item
            let nanoseconds = Int(clamping: Int64(limit / .nanoseconds(1)))
            Self.timers.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds), execute: item)
        }
    }

    /// The wait has ended.
    func stop() {
        guarded.withLock { guarded in
            guarded.item?.cancel()
            guarded.item = nil
            guarded.isOver = true
        }
    }
}
