import Synchronization

/// Keeps the session that holds the lanes alive while its owner is busy elsewhere, or the server would take it for a frozen one's.
final class SessionKeeper: Sendable {
    private let session: LaneSession
    private let interval: Duration
    private let isNeeded = Atomic<Bool>(false)

    init(_ session: LaneSession, every interval: Duration) {
        self.session = session
        self.interval = interval
    }

    /// Goes on until the task is cancelled, or the session has ended: its owner finds that out by its next statement.
    func run() async {
        while (try? await Task.sleep(for: interval)) != nil {
            guard isNeeded.load(ordering: .relaxed) else { continue }
            guard (try? await session.ping()) != nil else { return }
        }
    }

    /// - Parameter body: something that takes its time, without the session.
    func during<R>(_ body: () async throws -> R) async rethrows -> R {
        isNeeded.store(true, ordering: .relaxed)
        defer { isNeeded.store(false, ordering: .relaxed) }
        return try await body()
    }
}
