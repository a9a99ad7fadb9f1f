import Foundation
package import HeliographLog
import Synchronization

/// What people do with subscriptions.
extension MemoryLog {
    /// A parked record.
    package struct Parked: Sendable {
        package let id: Int64
        package let record: Record
        package let isDead: Bool
        /// Of each try that failed.
        package let errors: [String]
    }

    package func parked(of subscription: String) -> [Parked] {
        state.withLock { state in
            (state.subscriptions[subscription]?.deliveries ?? []).map {
                Parked(id: $0.id, record: $0.record, isDead: $0.isDead, errors: $0.errors)
            }
        }
    }

    /// Has parked records tried at once, dead ones with all their tries anew.
    package func retry(_ ids: [Int64], of subscription: String) {
        change(subscription) { known in
            for index in known.deliveries.indices where ids.contains(known.deliveries[index].id) {
                known.deliveries[index].isDead = false
                known.deliveries[index].failures = 0
                known.deliveries[index].dueAt = .now
            }
            known.move(Set(known.deliveries.filter { ids.contains($0.id) }.map(\.record.lane)))
        }
    }

    /// Gives parked records up.
    package func discard(_ ids: [Int64], of subscription: String) {
        change(subscription) { known in
            let lanes = Set(known.deliveries.filter { ids.contains($0.id) }.map(\.record.lane))
            known.deliveries.removeAll { ids.contains($0.id) }
            known.move(lanes)
        }
    }

    package func setPaused(_ isPaused: Bool, _ subscription: String) {
        change(subscription) { known in
            known.isPaused = isPaused
            known.move(0..<known.laneCount)
        }
    }

    /// Has a subscription read again from the last place before a record; from the beginning without one.
    /// - Throws: ``MemoryLogError`` when there is no such record.
    package func rewind(_ subscription: String, to record: Int64? = nil) throws {
        try state.withLock { state in
            guard var known = state.subscriptions[subscription] else { return }
            if let record, !state.entries.contains(where: { $0.record.id == record }) {
                throw MemoryLogError(description: "the log does not hold record \(record)")
            }
            let written = record.flatMap { id in state.entries.first { $0.record.id == id }?.transaction }
            let target =
                written.flatMap { written in
                    state.ticks.filter { !Visibility($0.snapshot).sees(written) }.max {
                        $0.snapshot.xmax < $1.snapshot.xmax
                    }
                } ?? (id: state.tick(.beginning), at: .now, snapshot: .beginning)
            known.generation += 1
            for lane in known.positions.indices {
                let own = known.positions[lane].place.lo
                // It has not come to the record yet.
                let isBefore = written.map { !Visibility(own.snapshot).sees($0) } ?? (own.snapshot == .beginning)
                let lo = isBefore ? own : Cursor(snapshot: target.snapshot, tick: target.id)
                known.positions[lane].place = LanePlace(
                    lo: lo, hi: nil, lastID: 0, frontier: known.positions[lane].place.frontier)
                known.positions[lane].generation = known.generation
            }
            known.deliveries.removeAll { delivery in
                let lo = Visibility(known.positions[delivery.record.lane].place.lo.snapshot)
                return UInt64(delivery.record.transaction).map { !lo.sees($0) } ?? false
            }
            known.move(0..<known.laneCount)
            state.subscriptions[subscription] = known
        }
        ring()
    }

    /// Ends stores, as a server ends sessions: whoever uses one finds that out.
    /// - Parameter numbers: `nil` for all.
    package func end(_ numbers: [Int]? = nil) {
        state.withLock { state in
            for number in numbers ?? state.stores.keys.sorted() {
                guard let name = state.stores.removeValue(forKey: number) else { continue }
                state.subscriptions[name]?.members.remove(number)
                let locks = state.subscriptions[name]?.locks ?? [:]
                state.subscriptions[name]?.locks = locks.filter { $0.value != number }
            }
        }
    }

    /// Whether a subscription's workers have passed everything that was committed, and nothing of it waits.
    package func isSettled(_ name: String) -> Bool {
        state.withLock { state in
            guard let known = state.subscriptions[name], known.deliveries.isEmpty else { return false }
            return known.positions.allSatisfy { position in
                let lo = Visibility(position.place.lo.snapshot)
                return position.place.hi == nil && position.place.frontier == nil
                    && state.entries.allSatisfy { lo.sees($0.transaction) }
            }
        }
    }

    /// Where a subscription stands, in words.
    package func places(of name: String) -> [String] {
        state.withLock { state in
            (state.subscriptions[name]?.positions ?? []).enumerated().map { lane, position in
                let place = position.place
                return
                    "\(name), lane \(lane): locked by \(state.subscriptions[name]?.locks[lane] ?? 0), version \(position.version), from \(place.lo.snapshot)"
                    + (place.hi.map { " to \($0.snapshot), behind record \(place.lastID)" } ?? "")
                    + (place.frontier.map { ", backfilled up to \($0)" } ?? "")
            }
        }
    }

    /// Whether a subscription has been told of all rows that were there when it began.
    package func hasBackfilled(_ name: String) -> Bool {
        state.withLock { $0.subscriptions[name]?.positions.allSatisfy { $0.place.frontier == nil } ?? false }
    }

    /// Whether a subscription's workers have passed a record, and it is not parked.
    package func hasPassed(_ record: Record, _ name: String) -> Bool {
        state.withLock { state in
            guard let known = state.subscriptions[name], let transaction = UInt64(record.transaction) else {
                return false
            }
            let place = known.positions[record.dealt(among: known.laneCount).lane].place
            let isPassed =
                Visibility(place.lo.snapshot).sees(transaction)
                || place.hi.map { record.id <= place.lastID && Visibility($0.snapshot).sees(transaction) } ?? false
            return isPassed && !known.deliveries.contains { $0.record.id == record.id }
        }
    }

    /// The stores that are open.
    package var stores: [Int] { state.withLock { $0.stores.keys.sorted() } }

    private func change(_ subscription: String, _ body: (inout MemorySubscription) -> Void) {
        state.withLock { state in
            guard var known = state.subscriptions[subscription] else { return }
            body(&known)
            state.subscriptions[subscription] = known
        }
        ring()
    }
}
