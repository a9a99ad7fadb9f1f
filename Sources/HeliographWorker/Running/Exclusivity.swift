import Synchronization

/// Whether a subscription's receiver needs the transaction for itself, which shows when it asks for a savepoint or the like.
final class Exclusivity: Sendable {
    private let state = Atomic(false)

    var isNeeded: Bool { state.load(ordering: .relaxed) }

    func need() { state.store(true, ordering: .relaxed) }
}
