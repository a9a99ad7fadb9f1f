/// The end: nothing goes wrong any more, and all must come to be done.
extension Simulation {
    /// So many steps without any effect are too many.
    private static let patience = 2_000

    /// Everybody is well, nobody writes any more: now all must come to be done.
    mutating func drain() {
        world.isDraining = true
        world.receivers.isCured = true
        world.server.isHealthy = true
        world.note(.drains, .server)
        for index in writers.indices where index > 0 || !world.scenario.hasEndlessTransaction {
            writers[index].end(world)
        }
        for index in world.server.sessions.indices { world.server.sessions[index].stalledUntil = 0 }
        for index in workers.indices { workers[index].thaw() }
        var (left, effects) = (Self.patience, 0)
        while left > 0, !isDone {
            work(steps: 16)
            left = world.server.tally.effects > effects ? Self.patience : left - 16
            effects = world.server.tally.effects
        }
        guard world.server.fault == nil else { return }
        guard isDone else { return world.server.report(missing()) }
        // Once more from what the database says: nothing is done again.
        world.note(.restarts, .server)
        for index in workers.indices { workers[index].crash(world) }
        work(steps: 80)
        if world.scenario.isExternal { world.server.report(world.outside.untold(world.server)) }
    }

    private mutating func work(steps count: Int) {
        for _ in 0..<count where world.server.fault == nil {
            tick()
            switch world.random.below(100) {
            case 0..<60: stepBusyWorker()
            case 60..<95: stepSession()
            default: person.step(world)
            }
        }
    }

    /// Who waits for lanes that others hold does so most of the time.
    private mutating func stepBusyWorker() {
        var index = world.random.below(workers.count)
        if world.random.chance(80) {
            for _ in workers where workers[index].lanes.isEmpty { index = (index + 1) % workers.count }
        }
        workers[index].step(world)
    }

    private var isDone: Bool { world.server.fault != nil || undone == 0 }

    /// How many effects are still to come, deliveries to be finished, and rows to be backfilled.
    private var undone: Int {
        let contents = world.server.contents
        var count = contents.truth.undone + contents.deliveries.count
        for positions in contents.positions {
            guard let frontier = positions.last?.place.frontier, frontier != Place.allRows else { continue }
            count += contents.rows.count - frontier
        }
        return count
    }

    /// What is still not done: stepped over, or not come to.
    private func missing() -> Fault {
        let contents = world.server.contents
        for (key, truth) in contents.truth.keys.enumerated() where truth.backfill == .due {
            if !contents.deliveries.contains(where: { $0.item.isBackfill && $0.item.key == key }) {
                return Fault(kind: .lost, detail: "row \(key) is not backfilled")
            }
        }
        for record in contents.log where contents.truth.keys[record.key].states[record.version - 1] == .pending {
            let detail = "record \(record.id), version \(record.version) of row \(record.key)"
            let isParked = contents.deliveries.contains { $0.item.id == record.id && $0.item.key == record.key }
            let lane = Server.lane(of: record.key, of: world.scenario.lanes)
            guard !isParked, let place = contents.positions[lane].last?.place else {
                return Fault(kind: .stuck, detail: detail)
            }
            if record.key > place.frontier { continue }
            let isInWindow = place.hi.map { world.server.snapshots[$0].sees(record.xid) } ?? false
            let isBehind =
                world.server.snapshots[place.lo].sees(record.xid) || isInWindow && record.id <= place.lastID
            return Fault(kind: isBehind ? .lost : .stuck, detail: detail)
        }
        return Fault(kind: .stuck, detail: "\(contents.deliveries.count) deliveries, or a backfill")
    }
}
