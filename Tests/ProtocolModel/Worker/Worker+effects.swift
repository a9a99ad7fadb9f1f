/// The transaction of a batch: receivers and their effects.
extension Worker {
    mutating func begin(_ world: World) {
        guard let session, var batch else {
            phase = .idle
            return
        }
        let isExternal = world.scenario.isExternal
        if !isExternal {
            queue(&batch, world)
            batch.progress = Array(repeating: 0, count: batch.limit)
        }
        if world.server.sessions[session.slot].transaction == nil {
            // Ticks are written first, so that it has an id from here on.
            world.server.sessions[session.slot].transaction = Transaction(xid: world.server.drawXid())
        }
        world.note(.begins, actor, batch.limit)
        self.batch = batch
        phase = isExternal || world.flaw == .commitBeforeEffect ? .finish : .effects
    }

    /// Records of keys that have a parked one wait behind it: also if that was parked a moment ago, by this batch.
    func queue(_ batch: inout Batch, _ world: World) {
        guard world.flaw != .overtaking else { return }
        for index in 0..<batch.limit where batch.items[index].action == .act {
            let item = batch.items[index]
            if held[item.lane]?.blocks(item.key) == true { batch.items[index].action = .queue }
        }
    }

    /// So many statements a receiver sends.
    private func statements(of item: Item, _ world: World) -> Int {
        guard item.action == .act || item.action == .retry else { return 0 }
        return world.receivers.usesSavepoint(item) ? 4 : 1
    }

    private func isUnfinished(_ index: Int, _ batch: Batch, _ world: World) -> Bool {
        batch.progress[index] < statements(of: batch.items[index], world)
    }

    /// One statement of one receiver.
    mutating func stepEffects(_ world: World) {
        guard let batch, let index = nextReceiver(batch, world) else {
            phase = .finish
            return
        }
        let item = batch.items[index]
        let isShared = world.scenario.sharesPipelines && !batch.isExclusive && batch.limit > 1
        if isShared, world.receivers.usesSavepoint(item), world.flaw != .interleavedSavepoints {
            // Refused in a shared pipeline: the batch is done again, one by one.
            rollBack(world)
            self.batch?.isExclusive = true
            phase = .begin
            return
        }
        if batch.progress[index] == 0, world.receivers.fails(item, after: attempts(of: item)) {
            world.note(.fails, actor, item.key, item.id)
            guard world.receivers.swallows(item) else { return fail(index, world) }
            world.server.tally.swallowedErrors += 1
            fail(inTransaction: world)
            // The connection knows that its transaction is lost, whatever the receiver thinks.
            if world.flaw != .commitTagIgnored { return fail(index, world) }
        }
        execute(item, index, world)
    }

    /// Whose turn it is: in order, or in any order of those that share a pipeline.
    private func nextReceiver(_ batch: Batch, _ world: World) -> Int? {
        var first = 0
        while first < batch.limit, !isUnfinished(first, batch, world) { first += 1 }
        guard first < batch.limit else { return nil }
        guard world.scenario.sharesPipelines, !batch.isExclusive else { return first }
        var keys: [Int] = []
        var candidates: [Int] = []
        for index in first..<batch.limit {
            let item = batch.items[index]
            if keys.contains(item.key), world.flaw != .pipelineOfOneKey { break }
            keys.append(item.key)
            if isUnfinished(index, batch, world) { candidates.append(index) }
        }
        return candidates[world.random.below(candidates.count)]
    }

    private mutating func execute(_ item: Item, _ index: Int, _ world: World) {
        guard let session, var transaction = world.server.sessions[session.slot].transaction else { return }
        let isSimple = !world.receivers.usesSavepoint(item)
        let step = batch?.progress[index] ?? 0
        batch?.progress[index] += 1
        guard !transaction.isFailed else { return }
        switch step {
        case 0 where !isSimple: transaction.savepoints.append((index, transaction.operations.count))
        case 1 where !isSimple: transaction.operations.append(.attempt)
        case 2 where !isSimple:
            world.server.tally.savepoints += 1
            if !transaction.rollBack(to: index) { return fail(index, world) }
        default:
            world.note(.takesEffect, actor, item.key, item.version, item.id)
            if world.flaw == .effectOutsideTransaction {
                world.server.autocommit(.effect(item))
            } else {
                transaction.operations.append(.effect(item))
            }
            if let key = world.receivers.echo(item),
                world.server.write(key, deletes: item.id % 4 == 0, isEcho: true, in: &transaction)
            {
                world.server.tally.echoes += 1
            }
        }
        world.server.sessions[session.slot].transaction = transaction
    }

    /// Effects after the commit.
    mutating func stepLateEffects(_ world: World) {
        guard let batch, let index = nextReceiver(batch, world) else {
            acceptCommit(world)
            return
        }
        self.batch?.progress[index] = 4
        world.note(.takesEffect, actor, batch.items[index].key, batch.items[index].version)
        world.server.autocommit(.effect(batch.items[index]))
    }

    // MARK: Failures

    private func attempts(of item: Item) -> Int {
        guard item.action == .retry else { return 0 }
        return held[item.lane]?.parked.first { $0.isAbout(item) }?.attempts ?? 0
    }

    private func fail(inTransaction world: World) {
        guard let session else { return }
        world.server.sessions[session.slot].transaction?.isFailed = true
    }

    mutating func rollBack(_ world: World) {
        guard let session, let transaction = world.server.sessions[session.slot].transaction else { return }
        world.note(.rollsBack, actor)
        world.server.rollBack(transaction)
        world.server.sessions[session.slot].transaction = nil
    }

    /// The prefix, then the culprit alone, then the rest; alone and failed again, it is parked.
    private mutating func fail(_ index: Int, _ world: World) {
        rollBack(world)
        guard var batch else { return }
        if batch.purpose == .retry {
            batch.items[0].action = .noteFailure
        } else if index > 0 {
            batch.limit = index
            batch.isolatesNext = true
        } else if batch.limit > 1 {
            batch.limit = 1
        } else {
            batch.items[0].action = .park
        }
        self.batch = batch
        phase = .begin
    }
}
