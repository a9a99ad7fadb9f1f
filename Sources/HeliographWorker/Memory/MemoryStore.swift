import HeliographLog
import HeliographPostgres
import Synchronization

/// What ``LaneSession`` is to a database, to a log in memory.
final class MemoryStore: LaneStore {
    static let server = "memory"

    let registration: Registration
    private let client: MemoryClient
    private let subscription: Subscription
    private let number: Int
    private let mark: String
    private let isClosed = Atomic(false)

    init(_ client: MemoryClient, _ subscription: Subscription, _ known: MemorySubscription) {
        self.client = client
        self.subscription = subscription
        mark = known.mark
        registration = Registration(
            id: known.id, laneCount: known.laneCount, generation: known.generation, revision: known.revision,
            isSuperseded: false, isResting: false, system: 0, mark: known.mark, lockClass: known.id)
        number = client.log.state.withLock { state in
            let number = state.nextStore
            state.nextStore += 1
            state.stores[number] = subscription.name
            return number
        }
        client.network?.connected(number)
    }

    var server: String { Self.server }

    private var log: MemoryLog { client.log }

    /// As far as is known here.
    var isOpen: Bool { !isClosed.load(ordering: .relaxed) }

    /// What it holds is given up when the log finds out.
    func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        if let network = client.network { network.hangUp(number) } else { log.end([number]) }
    }

    func rollBack() {}

    func ping() async throws { try await change { _ in } }

    func join() async throws { try await change { [number] in $0.members.insert(number) } }

    func membership() async throws -> (count: Int, isCurrent: Bool) {
        try await change { [mark] in ($0.members.count, $0.mark == mark) }
    }

    func lock(_ candidates: [Int], limit: Int) async throws -> [Int] {
        try await change { [number] known in
            let taken = candidates.filter { known.locks[$0] == nil }.prefix(limit)
            for lane in taken { known.locks[lane] = number }
            return Array(taken)
        }
    }

    func unlock(_ lanes: [Int]) async throws {
        try await change { [number] known in
            for lane in lanes where known.locks[lane] == number { known.locks[lane] = nil }
        }
    }

    func showOutage(_ isOn: Bool) {}

    func readPositions(of lanes: [Int], into table: inout LaneTable) async throws {
        let positions = try await change { known in lanes.map { ($0, known.positions[$0]) } }
        for (lane, position) in positions {
            table.hold(lane, version: position.version, generation: position.generation, place: position.place)
        }
    }

    func readParked(of lanes: [Int], into table: inout LaneTable) async throws {
        let policy = subscription.retry
        let parked = try await change { known in lanes.map { ($0, known.parkedKeys(in: $0, policy)) } }
        for (lane, keys) in parked { table.hold(parked: keys, of: lane) }
    }

    func readParked(_ key: LaneTable.DueKey, into table: inout LaneTable) async throws {
        let policy = subscription.retry
        table.set(try await change { $0.parkedKeys(in: key.lane, policy, key: key.key)[key.key] }, for: key)
    }

    func dueDeliveries(
        _ key: LaneTable.DueKey, limit: Int
    ) async throws -> [(delivery: Int64, failures: Int, record: Record)] {
        let policy = subscription.retry
        return try await change { known in
            known.due(key, policy, limit: limit, at: .now).map { ($0.id, $0.failures, $0.record) }
        }
    }

    func takeClaims(of lanes: [Int], worker: String) async throws -> [(lane: Int, suspect: String?)] {
        try await change { $0.takeClaims(of: lanes, worker: worker) }
    }

    func announce(_ items: [Int: String]) async throws -> Int { try await change { $0.announce(items) } }

    func clearSuspicion(of lanes: [Int], worker: String) async throws {
        try await change { $0.clearSuspicion(of: lanes, worker: worker) }
    }

    func dropClaims(of lanes: [Int], worker: String) async throws {
        try await change { $0.dropClaims(of: lanes, worker: worker) }
    }

    func absolve(worker: String) async {
        let name = subscription.name
        try? await client.ask { [log] in
            log.state.withLock { $0.subscriptions[name]?.dropClaims(of: nil, worker: worker) }
        }
    }

    func transaction(for context: EffectContext?, isDurable: Bool) -> any LaneTransaction {
        MemoryTransaction(self, log.answer)
    }

    /// Runs a receiver's statements.
    func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        guard isOpen else { throw MemoryClient.lost }
        return try await closing { [log, number] in
            guard log.state.withLock({ $0.stores[number] != nil }) else { throw MemoryClient.lost }
            return try body()
        }
    }

    /// Ends a transaction: all of it, or nothing.
    func commit(
        _ lanes: [Int], of table: LaneTable, at place: LanePlace, _ changes: [LaneChange], _ effects: [MemoryLog.Effect]
    ) async throws -> (place: LanePlace, parked: [Int64]) {
        let expected = Dictionary(
            uniqueKeysWithValues: lanes.map { ($0, (table.lanes[$0]?.version, table.lanes[$0]?.generation)) })
        do {
            return try await ask { [self] state in
                try write(expected, at: place, changes, effects, in: &state)
            }
        } catch let error as PostgresError {
            throw Doubt(error: error)
        }
    }

    private func write(
        _ expected: [Int: (version: Int64?, generation: Int?)], at place: LanePlace, _ changes: [LaneChange],
        _ effects: [MemoryLog.Effect], in state: inout MemoryLog.State
    ) throws -> (place: LanePlace, parked: [Int64]) {
        guard var known = state.subscriptions[subscription.name] else { throw MemoryClient.lost }
        var next = state.nextDelivery
        let lanes = expected.keys.sorted()
        let parked = known.apply(changes, of: lanes, subscription.retry) {
            defer { next += 1 }
            return next
        }
        let isExpected = expected.allSatisfy { lane, expected in
            known.positions[lane].version == expected.version
                && known.positions[lane].generation == expected.generation
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

    /// Changes what the log keeps of the subscription, if this store is open.
    @discardableResult
    private func change<R: Sendable>(
        _ body: @escaping @Sendable (inout MemorySubscription) throws -> R
    ) async throws -> R {
        let name = subscription.name
        return try await ask { state in
            guard var known = state.subscriptions[name] else { throw MemoryClient.lost }
            let result = try body(&known)
            state.subscriptions[name] = known
            return result
        }
    }

    /// Has the log do something for this store, if that is open on both sides.
    private func ask<R: Sendable>(
        _ body: @escaping @Sendable (inout MemoryLog.State) throws -> R
    ) async throws -> R {
        guard isOpen else { throw MemoryClient.lost }
        return try await closing { [log, number] in
            try log.state.withLock { state in
                guard state.stores[number] != nil else { throw MemoryClient.lost }
                return try body(&state)
            }
        }
    }

    /// - Throws: what `body` throws; when the connection is lost the store is closed.
    private func closing<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        do {
            return try await client.ask(body)
        } catch let error as PostgresError where error.code == .connectionLost {
            close()
            throw error
        }
    }
}
