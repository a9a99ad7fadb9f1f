extension Server {
    /// A position is committed.
    func apply(_ position: Position, to lane: Int) {
        let frontier = contents.positions[lane].last?.place.frontier ?? position.place.frontier
        contents.insert(position, lane: lane)
        contents.recordTick(position.place.lo)
        if let hi = position.place.hi { contents.recordTick(hi) }
        guard position.place.frontier > frontier else { return }
        let rows = snapshots[position.place.lo].rows
        for key in rows.indices where key > frontier && key <= position.place.frontier {
            if Self.lane(of: key, of: scenario.lanes) == lane { report(contents.truth.pass(key, rows[key])) }
        }
    }

    /// Something else is committed.
    func apply(_ operation: Operation) {
        switch operation {
        case .attempt, .position: break
        case .record(let record):
            contents.log.append(record)
            contents.truth.append(record.key)
        case .row(let key, let row): contents.rows[key] = row
        case .effect(let item):
            tally.effects += 1
            report(
                item.isBackfill
                    ? contents.truth.applyBackfill(item.key, item.version)
                    : contents.truth.apply(item.key, item.version))
        case .park(let delivery):
            if contents.deliveryIndex(delivery.item) != nil {
                report(Fault(kind: .doubled, detail: "record \(delivery.item.id) is parked, and was"))
            }
            contents.deliveries.append(delivery)
        case .finishDelivery(let item), .dropDelivery(let item):
            if let index = contents.deliveryIndex(item) { contents.deliveries.remove(at: index) }
        case .noteFailure(let item, let attempt, let due, let isDead, let isReleased):
            guard let index = contents.deliveryIndex(item) else { break }
            if contents.deliveries[index].attempts >= attempt {
                report(Fault(kind: .doubled, detail: "attempt \(attempt) of record \(item.id) is noted twice"))
            }
            contents.deliveries[index].attempts = attempt
            contents.deliveries[index].due = due
            contents.deliveries[index].isDead = isDead
            if isReleased, !contents.deliveries[index].isReleased {
                contents.deliveries[index].isReleased = true
                contents.truth.release(item.key, item.version, isBackfill: item.isBackfill)
            }
        case .retry(let item):
            guard let index = contents.deliveryIndex(item) else { break }
            contents.deliveries[index].isDead = false
            contents.deliveries[index].allowance = contents.deliveries[index].attempts + Scenario.maxAttempts
            contents.deliveries[index].due = now
        case .discard(let item):
            guard let index = contents.deliveryIndex(item) else { break }
            contents.deliveries.remove(at: index)
            contents.truth.discard(item.key, item.version, isBackfill: item.isBackfill)
        case .generation(let generation):
            contents.generation = generation
            contents.truth.beginEpoch()
        case .rewind(let lane, let snapshot, let frontier): rewind(lane, to: snapshot, frontier)
        }
    }

    /// All that the snapshot does not see is to be done again.
    private func rewind(_ lane: Int, to number: Int, _ frontier: Int) {
        let snapshot = snapshots[number]
        for key in contents.rows.indices where key <= frontier && Self.lane(of: key, of: scenario.lanes) == lane {
            if snapshot.rows.isEmpty {
                // Nobody knows what a made-up snapshot has seen: what it does not show is to be done again, no more.
                for record in contents.log where record.key == key && !snapshot.sees(record.xid) {
                    contents.truth.rewind(key, record.version)
                }
            } else {
                let last = contents.truth.keys[key].states.count
                for version in stride(from: snapshot.rows[key].version + 1, through: last, by: 1) {
                    contents.truth.rewind(key, version)
                }
            }
        }
    }

    static func lane(of key: Int, of lanes: Int) -> Int {
        Int(truncatingIfNeeded: SeededGenerator.mix(UInt64(truncatingIfNeeded: key &+ 1)) >> 40) % lanes
    }
}
