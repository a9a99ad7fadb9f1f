/// A person at the console: retries and discards what is parked, and rewinds.
struct Person {
    private enum Wish {
        case change(Operation, lane: Int, version: Int, generation: Int)
        case rewind(tick: Int, versions: [Int], generation: Int)
    }

    private var session: SessionHandle?
    private var wish: Wish?

    mutating func step(_ world: World) {
        guard let session, world.server.isAlive(session) else {
            wish = nil
            self.session = world.server.connect(hasTimeouts: false)
            return
        }
        if world.server.sessions[session.slot].segment != nil { return }
        if world.server.sessions[session.slot].result != nil {
            // Done; or somebody was faster, and it is looked at again.
            world.server.sessions[session.slot].result = nil
            wish = nil
            return
        }
        if let wish {
            send(wish, session.slot, world)
        } else if world.scenario.rewinds, !world.isDraining, world.random.chance(40) {
            wishRewind(world)
        } else {
            wishChange(world)
        }
    }

    // MARK: Looking

    private mutating func wishChange(_ world: World) {
        let deliveries = world.server.contents.deliveries
        guard !deliveries.isEmpty else { return }
        let first = world.random.below(deliveries.count)
        for offset in deliveries.indices {
            let delivery = deliveries[(first + offset) % deliveries.count]
            let isHead = !deliveries.contains {
                $0.item.key == delivery.item.key && $0.item.id < delivery.item.id && !$0.isReleased
            }
            // Dead letters are cared for; now and then something is discarded that would be tried again.
            let isRetry = delivery.isDead && (world.isDraining || world.random.chance(60))
            guard isRetry || !world.isDraining && isHead && world.random.chance(delivery.isDead ? 80 : 10) else {
                continue
            }
            guard let newest = world.server.contents.positions[delivery.lane].last else { return }
            wish = .change(
                isRetry ? .retry(delivery.item) : .discard(delivery.item), lane: delivery.lane,
                version: newest.version, generation: newest.generation
            )
            return
        }
    }

    private mutating func wishRewind(_ world: World) {
        let ticks = world.server.contents.ticks
        let log = world.server.contents.log
        var tick = ticks.isEmpty ? nil : ticks[world.random.below(ticks.count)]
        if !log.isEmpty, world.random.chance(50) || world.flaw == .rewindToMadeUpSnapshot {
            // To a record: the newest tick that does not see it.
            let xid = log[world.random.below(log.count)].xid
            tick = ticks.last { !world.server.snapshots[$0].sees(xid) }
            if world.flaw == .rewindToMadeUpSnapshot { tick = world.server.makeUpSnapshot(xmin: xid, xmax: xid) }
        }
        guard let tick else { return }
        var versions: [Int] = []
        for positions in world.server.contents.positions {
            guard let newest = positions.last else { return }
            versions.append(newest.version)
        }
        let generation = world.server.contents.positions.first?.last?.generation ?? 0
        wish = .rewind(tick: tick, versions: versions, generation: generation)
    }

    // MARK: Acting

    private func send(_ wish: Wish, _ slot: Int, _ world: World) {
        let transaction = Transaction(xid: world.server.drawXid())
        world.server.sessions[slot].transaction = transaction
        switch wish {
        case .change(let operation, let lane, let version, let generation):
            if case .retry(let item) = operation {
                world.server.tally.retriedByPerson += 1
                world.note(.retries, .person, item.key, item.id)
            } else if case .discard(let item) = operation {
                world.server.tally.discarded += 1
                world.note(.discards, .person, item.key, item.id)
            }
            let isSure = world.scenario.personKnowsVersions
            let advance = Advance(
                entries: [Advance.Entry(lane: lane, expected: isSure ? version : nil, place: nil)],
                generation: generation
            )
            world.server.sessions[slot].segment = Segment(
                deliveries: [operation], advance: world.flaw == .personWithoutAdvance ? nil : advance)
        case .rewind(let tick, let versions, let generation):
            world.server.tally.rewinds += 1
            world.note(.rewinds, .person, tick)
            let entries = versions.enumerated().map { lane, version in
                Advance.Entry(lane: lane, expected: version, place: nil)
            }
            let advance = Advance(entries: entries, generation: generation, rewind: tick)
            world.server.sessions[slot].segment = Segment(deliveries: [], advance: advance)
        }
    }
}
