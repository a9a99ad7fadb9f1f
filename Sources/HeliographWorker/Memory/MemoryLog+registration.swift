import HeliographLog
import Logging
import Synchronization

extension MemoryLog {
    static func register(_ subscription: Subscription, in state: inout State) throws -> MemorySubscription {
        guard var known = state.subscriptions[subscription.name] else {
            let lo = subscription.start == .beginning ? Snapshot.beginning : state.snapshot
            let tick = state.tick(lo)
            let place = LanePlace(
                lo: Cursor(snapshot: lo, tick: tick), hi: nil, lastID: 0,
                frontier: subscription.start == .backfill ? .beginning : nil)
            let made = MemorySubscription(
                id: Int32(clamping: state.subscriptions.count + 1), revision: subscription.revision,
                declaration: subscription.declaration, laneCount: subscription.laneCount,
                positions: Array(repeating: .init(generation: 1, place: place), count: subscription.laneCount))
            state.subscriptions[subscription.name] = made
            return made
        }
        if subscription.revision > known.revision {
            known.revision = subscription.revision
            known.declaration = subscription.declaration
            known.move(0..<known.laneCount)
            state.subscriptions[subscription.name] = known
        } else if subscription.revision == known.revision, known.declaration != subscription.declaration {
            throw WorkerError.conflict(subscription.name, revision: known.revision)
        }
        return known
    }
}
