/// The end of a batch's transaction, and what the worker knows then.
extension Worker {
    /// Sends deliveries, positions and COMMIT as one segment. Positions come last: so nobody waits for a frozen worker.
    mutating func finish(_ world: World, _ slot: Int) {
        guard batch != nil else {
            phase = .idle
            return
        }
        self.batch?.time = world.now
        guard let batch else { return }
        let isRetryAlone = batch.purpose == .retry && world.flaw == .retryWithoutAdvance
        let place = flawed(batch.place(after: batch.limit), world)
        let entries = batch.lanes(of: batch.limit).map { lane in
            Advance.Entry(lane: lane, expected: held[lane]?.version ?? 0, place: place)
        }
        world.note(.sends, actor, batch.limit, entries.count)
        world.server.sessions[slot].segment = Segment(
            deliveries: deliveries(batch, world),
            advance: isRetryAlone ? nil : Advance(entries: entries, generation: batch.generation)
        )
        world.server.sessions[slot].result = nil
        phase = .waiting
    }

    private func deliveries(_ batch: Batch, _ world: World) -> [Operation] {
        var operations: [Operation] = []
        for item in batch.items.prefix(batch.limit) {
            switch item.action {
            case .skip: break
            case .act: if world.scenario.isExternal { operations.append(.effect(item)) }
            case .queue, .park: operations.append(.park(delivery(item, batch)))
            case .retry:
                if world.scenario.isExternal { operations.append(.effect(item)) }
                operations.append(.finishDelivery(item))
            case .noteFailure:
                guard let failed = failed(item, batch, world) else { continue }
                operations.append(
                    .noteFailure(
                        item, attempt: failed.attempts, due: failed.due, isDead: failed.isDead,
                        isReleased: failed.isReleased
                    ))
            }
        }
        return operations
    }

    private func delivery(_ item: Item, _ batch: Batch) -> Delivery {
        var item = item
        let attempts = item.action == .park ? 1 : 0
        item.action = .act
        return Delivery(
            lane: item.lane, item: item, attempts: attempts, allowance: Scenario.maxAttempts,
            due: batch.time + attempts * Scenario.retryDelay
        )
    }

    /// The delivery after one more attempt.
    private func failed(_ item: Item, _ batch: Batch, _ world: World) -> Delivery? {
        guard var delivery = held[item.lane]?.parked.first(where: { $0.isAbout(item) }) else { return nil }
        delivery.attempts += 1
        delivery.due = batch.time + Scenario.retryDelay << min(delivery.attempts, 3)
        delivery.isDead = delivery.attempts >= delivery.allowance
        if delivery.isDead, world.scenario.releasesDeadLetters { delivery.isReleased = true }
        return delivery
    }

    // MARK: The answer

    mutating func receiveResult(_ world: World, _ slot: Int) {
        guard let result = world.server.sessions[slot].result else { return }
        world.server.sessions[slot].result = nil
        switch result {
        case .committed: break
        case .refused, .rolledBack:
            if world.flaw != .commitTagIgnored {
                return forget(world)
            }
        }
        if world.flaw == .commitBeforeEffect, batch?.purpose != .flush {
            phase = .lateEffects
        } else {
            acceptCommit(world)
        }
    }

    /// The database has the effects and the places; now memory has them, too.
    mutating func acceptCommit(_ world: World) {
        thaw()
        guard var batch else { return }
        noteDeliveries(batch, world)
        let place = flawed(batch.place(after: batch.limit), world)
        let written = batch.lanes(of: batch.limit)
        let isAdvanced = batch.purpose != .retry || world.flaw != .retryWithoutAdvance
        for lane in written where isAdvanced { held[lane]?.version += 1 }
        if batch.purpose != .retry {
            move(batch.lanes.filter { !written.contains($0) }, to: place, world)
            for lane in written {
                held[lane]?.place = place
                held[lane]?.isDirty = false
                held[lane]?.writtenID = world.server.contents.nextID
            }
        } else if isAdvanced, let lane = batch.lanes.first {
            held[lane]?.isDirty = false
        }
        batch.place = place
        if batch.purpose == .window, batch.limit == batch.items.count, batch.frontier != nil { chunk = nil }
        batch.items.removeFirst(batch.limit)
        // Now and then the rest is left, and read again: the batch's time is over.
        guard !batch.items.isEmpty, !world.random.chance(10) else {
            self.batch = nil
            phase = .idle
            return
        }
        batch.limit = batch.isolatesNext ? 1 : batch.items.count
        batch.isolatesNext = false
        start(batch, world)
    }

    /// Whoever holds a lane knows its deliveries: nobody changes them without a new version of its position.
    private mutating func noteDeliveries(_ batch: Batch, _ world: World) {
        for item in batch.items.prefix(batch.limit) {
            switch item.action {
            case .act: break
            case .skip: world.server.tally.skippedByBackfill += 1
            case .queue, .park:
                if item.action == .park { world.server.tally.parked += 1 } else { world.server.tally.queued += 1 }
                let delivery = delivery(item, batch)
                held[item.lane]?.park(delivery)
            case .retry: held[item.lane]?.parked.removeAll { $0.isAbout(item) }
            case .noteFailure:
                guard let failed = failed(item, batch, world) else { continue }
                if failed.isDead { world.server.tally.deadLetters += 1 }
                held[item.lane]?.replace(failed)
            }
        }
    }
}
