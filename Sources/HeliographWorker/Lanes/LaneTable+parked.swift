extension LaneTable {
    /// A key whose first parked record can be tried.
    struct DueKey: Equatable {
        let lane: Int
        let key: Int32
    }

    /// Takes over what the database says of the parked keys of lanes that have just been locked.
    mutating func hold(parked: [Int32: ParkedKey], of lane: Int) { update(lane) { $0.parked = parked } }

    /// Takes over what the database says of one key; `nil` if nothing of it is parked any more.
    mutating func set(_ parked: ParkedKey?, for key: DueKey) { update(key.lane) { $0.parked[key.key] = parked } }

    /// Whether records of any key have been parked.
    var hasParked: Bool { lanes.values.contains { !$0.parked.isEmpty } }

    /// Of how many records with this key those that come have to wait behind.
    func parkedCount(_ key: Int32, in lane: Int) -> Int { lanes[lane]?.parked[key]?.count ?? 0 }

    /// Notes that the database has parked a record.
    mutating func park(
        _ key: Int32, in lane: Int, as delivery: Int64, _ parking: Parking, at now: ContinuousClock.Instant
    ) {
        update(lane) { state in
            if state.parked[key] != nil {
                state.parked[key]?.count += 1
            } else {
                state.parked[key] = ParkedKey(
                    head: delivery, isDead: parking.isDead, failures: parking.error == nil ? 0 : 1,
                    dueAt: now + (parking.delay ?? .zero))
            }
        }
    }

    /// The keys whose time has come, those first that have waited longest.
    func dueKeys(at now: ContinuousClock.Instant) -> [DueKey] {
        guard hasParked else { return [] }
        return lanes.filter { $0.value.blockedUntil.map { $0 <= now } ?? true }.flatMap { lane, state in
            state.parked.filter { !$0.value.isDead && $0.value.dueAt <= now }
                .map { (key: DueKey(lane: lane, key: $0.key), due: $0.value.dueAt, head: $0.value.head) }
        }
        .sorted { ($0.due, $0.head) < ($1.due, $1.head) }.map(\.key)
    }
}
