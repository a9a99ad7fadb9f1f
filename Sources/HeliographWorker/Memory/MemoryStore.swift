import HeliographLog
import HeliographPostgres
import Synchronization

/// What ``LaneSession`` is to a database, to a log in memory.
final class MemoryStore: LaneStore {
    static let server = "memory"

    let registration: Registration
    private let log: MemoryLog
    private let subscription: Subscription
    private let number: Int
    private let mark: String

    init(_ log: MemoryLog, _ subscription: Subscription, _ known: MemorySubscription) {
        self.log = log
        self.subscription = subscription
        mark = known.mark
        registration = Registration(
            id: known.id, laneCount: known.laneCount, generation: known.generation, revision: known.revision,
            isSuperseded: false, isResting: false, system: 0, mark: known.mark, lockClass: known.id)
        number = log.state.withLock { state in
            let number = state.nextStore
            state.nextStore += 1
            state.stores.insert(number)
            return number
        }
    }

    var server: String { Self.server }

    var isOpen: Bool { log.state.withLock { $0.stores.contains(number) } }

    func close() { end() }

    /// Gives up what it holds.
    func end() {
        log.state.withLock { state in
            state.stores.remove(number)
            state.subscriptions[subscription.name]?.members.remove(number)
            let locks = state.subscriptions[subscription.name]?.locks ?? [:]
            state.subscriptions[subscription.name]?.locks = locks.filter { $0.value != number }
        }
    }

    func rollBack() {}

    func ping() throws { try change { _ in } }

    func join() throws { try change { $0.members.insert(number) } }

    func membership() throws -> (count: Int, isCurrent: Bool) {
        try change { ($0.members.count, $0.mark == mark) }
    }

    func lock(_ candidates: [Int], limit: Int) throws -> [Int] {
        try change { known in
            let taken = candidates.filter { known.locks[$0] == nil }.prefix(limit)
            for lane in taken { known.locks[lane] = number }
            return Array(taken)
        }
    }

    func unlock(_ lanes: [Int]) throws {
        try change { known in for lane in lanes where known.locks[lane] == number { known.locks[lane] = nil } }
    }

    func showOutage(_ isOn: Bool) {}

    func readPositions(of lanes: [Int], into table: inout LaneTable) throws {
        let positions = try change { known in lanes.map { ($0, known.positions[$0]) } }
        for (lane, position) in positions {
            table.hold(lane, version: position.version, generation: position.generation, place: position.place)
        }
    }

    func readParked(of lanes: [Int], into table: inout LaneTable) throws {
        let policy = subscription.retry
        let parked = try change { known in lanes.map { ($0, known.parkedKeys(in: $0, policy)) } }
        for (lane, keys) in parked { table.hold(parked: keys, of: lane) }
    }

    func readParked(_ key: LaneTable.DueKey, into table: inout LaneTable) throws {
        let policy = subscription.retry
        table.set(try change { $0.parkedKeys(in: key.lane, policy, key: key.key)[key.key] }, for: key)
    }

    func dueDeliveries(
        _ key: LaneTable.DueKey, limit: Int
    ) throws -> [(delivery: Int64, failures: Int, record: Record)] {
        let policy = subscription.retry
        return try change { known in
            known.due(key, policy, limit: limit, at: .now).map { ($0.id, $0.failures, $0.record) }
        }
    }

    func takeClaims(of lanes: [Int], worker: String) throws -> [(lane: Int, suspect: String?)] {
        try change { $0.takeClaims(of: lanes, worker: worker) }
    }

    func announce(_ items: [Int: String]) throws -> Int { try change { $0.announce(items) } }

    func clearSuspicion(of lanes: [Int], worker: String) throws {
        try change { $0.clearSuspicion(of: lanes, worker: worker) }
    }

    func dropClaims(of lanes: [Int], worker: String) throws {
        try change { $0.dropClaims(of: lanes, worker: worker) }
    }

    func absolve(worker: String) {
        log.state.withLock { $0.subscriptions[subscription.name]?.dropClaims(of: nil, worker: worker) }
    }

    func transaction(for context: EffectContext?, isDurable: Bool) -> any LaneTransaction {
        MemoryTransaction(self, log.answer)
    }

    /// Ends a transaction: all of it, or nothing.
    func commit(
        _ lanes: [Int], of table: LaneTable, at place: LanePlace, _ changes: [LaneChange], _ effects: [MemoryLog.Effect]
    ) throws -> (place: LanePlace, parked: [Int64]) {
        do {
            return try disturbed { try write(lanes, of: table, at: place, changes, effects) }
        } catch let error as PostgresError {
            throw Doubt(error: error)
        }
    }

    private func write(
        _ lanes: [Int], of table: LaneTable, at place: LanePlace, _ changes: [LaneChange], _ effects: [MemoryLog.Effect]
    ) throws -> (place: LanePlace, parked: [Int64]) {
        let policy = subscription.retry
        return try log.state.withLock { state in
            guard state.stores.contains(number), var known = state.subscriptions[subscription.name] else {
                throw Self.closed
            }
            var next = state.nextDelivery
            let parked = known.apply(changes, of: lanes, policy) {
                defer { next += 1 }
                return next
            }
            let isExpected = lanes.allSatisfy { lane in
                known.positions[lane].version == table.lanes[lane]?.version
                    && known.positions[lane].generation == table.lanes[lane]?.generation
            }
            guard isExpected, let parked else {
                throw PostgresError(.server, "positions have moved on", sqlState: .positionConflict)
            }
            var named = place
            if named.lo.tick == nil { named.lo.tick = state.tick(named.lo.snapshot) }
            if let hi = named.hi, hi.tick == nil { named.hi?.tick = state.tick(hi.snapshot) }
            for lane in lanes {
                known.positions[lane].version += 1
                known.positions[lane].place = named
            }
            state.nextDelivery = next
            state.subscriptions[subscription.name] = known
            state.effects[subscription.name, default: []] += effects
            return (named, parked)
        }
    }

    /// Changes what the log keeps of the subscription, if this store is open.
    @discardableResult
    private func change<R>(_ body: (inout MemorySubscription) throws -> R) throws -> R {
        try disturbed {
            try log.state.withLock { state in
                guard state.stores.contains(number), var known = state.subscriptions[subscription.name] else {
                    throw Self.closed
                }
                let result = try body(&known)
                state.subscriptions[subscription.name] = known
                return result
            }
        }
    }

    /// Does something with whatever befalls the store then.
    private func disturbed<R>(_ body: () throws -> R) throws -> R {
        let fault = log.fault()
        if case .before = fault {
            end()
            throw Self.closed
        }
        let result = try body()
        guard case .after = fault else { return result }
        end()
        throw Self.closed
    }

    private static var closed: PostgresError { PostgresError(.connectionLost, "the store has been closed") }
}
