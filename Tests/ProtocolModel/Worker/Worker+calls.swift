/// External mode: a durable claim, then the calls, then the transaction with what has become of them.
extension Worker {
    /// Whoever has committed this knows that no crash takes back what it has read.
    mutating func claim(_ world: World) {
        guard var batch else {
            phase = .idle
            return
        }
        world.note(.claims, actor, batch.items.count)
        if world.flaw != .claimNotDurable { world.server.flush() }
        batch.progress = Array(repeating: 0, count: batch.limit)
        queue(&batch, world)
        self.batch = batch
        phase = .calls
    }

    /// One call: keys in any order, one key in its order.
    mutating func stepCalls(_ world: World) {
        guard var batch else {
            phase = .idle
            return
        }
        var keys: [Int] = []
        var candidates: [Int] = []
        for index in 0..<batch.limit {
            let item = batch.items[index]
            guard item.action == .act || item.action == .retry, batch.progress[index] == 0 else { continue }
            if keys.contains(item.key) { continue }
            keys.append(item.key)
            candidates.append(index)
        }
        guard !candidates.isEmpty else {
            phase = .begin
            return
        }
        let index = candidates[world.random.below(candidates.count)]
        let item = batch.items[index]
        batch.progress[index] = 1
        let parked = held[item.lane]?.parked.first { $0.isAbout(item) }
        let attempts = item.action == .retry ? parked?.attempts ?? 0 : 0
        if world.receivers.fails(item, after: attempts) {
            world.note(.fails, actor, item.key, item.id)
            batch.items[index].action = item.action == .retry ? .noteFailure : .park
            for later in (index + 1)..<max(index + 1, batch.limit) {
                let follows = batch.items[later].key == item.key && batch.items[later].action == .act
                if follows, world.flaw != .overtaking { batch.items[later].action = .queue }
            }
        } else {
            let isNew = world.outside.call(item, generation: batch.generation, world.server)
            world.note(.calls, actor, item.key, item.version, isNew ? 1 : 0)
        }
        self.batch = batch
    }
}
