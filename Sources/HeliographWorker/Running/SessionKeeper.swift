import Synchronization

/// Keeps the session that holds the lanes alive while its owner is busy elsewhere, or the server would take it for a frozen one's.
final class SessionKeeper: Sendable {
    /// What the owner is busy with.
    enum Business: UInt8, AtomicRepresentable {
        case none
        /// With a window that takes its time: while the session answers, that is progress.
        case reading
        /// With calls to the outside, whose ends are the progress.
        case calls
    }

    private let session: any LaneStore
    private let interval: Duration
    private let pulse: SubscriptionPulse
    private let business = Atomic<Business>(.none)

    init(_ session: any LaneStore, every interval: Duration, pulse: SubscriptionPulse) {
        self.session = session
        self.interval = interval
        self.pulse = pulse
    }

    /// Goes on until the task is cancelled, or the session has ended: its owner finds that out by its next statement.
    func run() async {
        while (try? await Task.sleep(for: interval)) != nil {
            let business = business.load(ordering: .relaxed)
            guard business != .none else { continue }
            guard (try? await session.ping()) != nil else {
                if await session.isOpen { continue }
                return
            }
            if business == .reading { pulse.step() }
        }
    }

    /// - Parameter body: something that takes its time, without the session.
    func during<R>(_ business: Business, _ body: () async throws -> R) async rethrows -> R {
        self.business.store(business, ordering: .relaxed)
        defer { self.business.store(.none, ordering: .relaxed) }
        return try await body()
    }
}
