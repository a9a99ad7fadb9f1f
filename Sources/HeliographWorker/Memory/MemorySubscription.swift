import HeliographLog
import HeliographPostgres

/// What a log in memory keeps of a subscription.
struct MemorySubscription {
    struct Position {
        var version: Int64 = 1
        var generation: Int
        var place: LanePlace
    }

    struct Delivery {
        let id: Int64
        let record: Record
        /// Of its row; of a subscription without order its own.
        let key: Int32
        var isDead: Bool
        var failures: Int
        /// `nil`: when those of its key that are before it are done.
        var dueAt: ContinuousClock.Instant?
        var errors: [String]
    }

    /// As the table `claim` of the database has it.
    struct Claim {
        var worker: String
        var item: String?
        var suspect: String?
        var deaths = 0
        var victim: String?
    }

    let id: Int32
    var revision: Int
    var declaration: String
    let laneCount: Int
    var generation = 1
    var isPaused = false
    /// Of changes from outside.
    var changes = 0
    var positions: [Position]
    var deliveries: [Delivery] = []
    var claims: [Int: Claim] = [:]
    /// The stores that hold the lanes.
    var locks: [Int: Int] = [:]
    var members: Set<Int> = []

    var mark: String { "\(revision)/\(isPaused)/\(changes)" }

    /// Has whoever holds these lanes read them again.
    mutating func move(_ lanes: some Sequence<Int>) {
        for lane in lanes { positions[lane].version += 1 }
        changes += 1
    }

    /// The first of each key that is parked, and how many.
    func parkedKeys(
        in lane: Int, _ policy: RetryPolicy, key wanted: Int32? = nil
    ) -> [Int32: ParkedKey] {
        var keys: [Int32: ParkedKey] = [:]
        for delivery in deliveries where delivery.record.lane == lane && wanted.map({ $0 == delivery.key }) ?? true {
            if delivery.isDead, policy.onDead == .release { continue }
            if keys[delivery.key] != nil {
                keys[delivery.key]?.count += 1
            } else {
                keys[delivery.key] = ParkedKey(
                    head: delivery.id, isDead: delivery.isDead, failures: delivery.failures,
                    dueAt: delivery.dueAt ?? .now)
            }
        }
        return keys
    }

    /// The records of a key from its first, if that one is due.
    func due(_ key: LaneTable.DueKey, _ policy: RetryPolicy, limit: Int, at now: ContinuousClock.Instant) -> [Delivery]
    {
        let all = deliveries.filter { $0.record.lane == key.lane && $0.key == key.key }
        guard let head = all.first(where: { policy.onDead == .block || !$0.isDead }), !head.isDead,
            head.dueAt.map({ $0 <= now }) ?? true
        else { return [] }
        return Array(all.filter { !$0.isDead }.prefix(limit))
    }

    /// Carries out what a transaction has decided of lanes.
    /// - Returns: the numbers of what was parked; `nil` if a parked record has been changed meanwhile.
    mutating func apply(
        _ changes: [LaneChange], of lanes: [Int], _ policy: RetryPolicy, next: () -> Int64
    ) -> [Int64]? {
        var parked: [Int64] = []
        for change in changes {
            switch change {
            case .park(let records):
                for (record, parking) in records {
                    let id = next()
                    deliveries.append(
                        Delivery(
                            id: id, record: record,
                            key: policy.order == .unordered ? Int32(truncatingIfNeeded: record.id) : record.keyHash,
                            isDead: parking.isDead, failures: parking.error == nil ? 0 : 1,
                            dueAt: parking.delay.map { .now + $0 }, errors: [parking.error].compactMap(\.self)))
                    parked.append(id)
                }
            case .finish(let ids):
                let count = deliveries.count
                deliveries.removeAll { ids.contains($0.id) }
                guard count - deliveries.count == ids.count else { return nil }
            case .fail(let id, let parking):
                guard let index = deliveries.firstIndex(where: { $0.id == id }) else { return nil }
                deliveries[index].isDead = parking.isDead
                deliveries[index].dueAt = .now + (parking.delay ?? .zero)
                if let error = parking.error {
                    deliveries[index].failures += 1
                    deliveries[index].errors.append(error)
                }
            case .finishAnnounced(let worker): finishAnnounced(of: lanes, worker: worker)
            }
        }
        return parked
    }

    private mutating func finishAnnounced(of lanes: [Int], worker: String) {
        for lane in lanes {
            guard var claim = claims[lane], claim.worker == worker else { continue }
            if claim.suspect == claim.item {
                claim.suspect = nil
                claim.deaths = 0
            }
            claim.item = nil
            claims[lane] = claim
        }
    }
}
