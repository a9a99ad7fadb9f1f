/// What to do next: between batches.
extension Worker {
    mutating func chooseWork(_ world: World) {
        let die = world.random.below(100)
        if die < 20, let lane = lostLane(world) { return release(lane, world) }
        if lanes.isEmpty || die < 10 && lanes.count < share { return takeLanes(world) }
        if die < 16, !world.isDraining { return release(lanes[world.random.below(lanes.count)], world) }
        if die < 50, retry(world) { return }
        if world.flaw == .snapshotInEffectsTransaction, openTransaction(world) { return }
        let pivot = lanes[world.random.below(lanes.count)]
        guard let lane = held[pivot] else {
            // No position was there when it was looked for.
            return release(pivot, world)
        }
        let group = lanes.filter { held[$0]?.place == lane.place && held[$0]?.generation == lane.generation }
        if die < 62, lane.isDirty {
            let dirty = group.filter { held[$0]?.isDirty == true }
            return start(
                Batch(
                    purpose: .flush, lanes: dirty, generation: lane.generation, place: lane.place, items: [], limit: 0
                ), world)
        }
        if lane.place.frontier < Place.allRows, lane.place.hi == nil, chunk == nil || !keepsChunk(world) {
            return takeChunk(group, lane.place, world)
        }
        readWindow(group, lane, world)
    }

    private func keepsChunk(_ world: World) -> Bool { world.flaw == .chunkKeptOverHands }

    mutating func start(_ batch: Batch, _ world: World) {
        self.batch = batch
        let isOutside = world.scenario.isExternal && batch.purpose != .flush
        phase = isOutside ? .claim : .begin
    }

    /// - Returns: whether a parked record is due.
    private mutating func retry(_ world: World) -> Bool {
        for lane in lanes {
            guard let state = held[lane], let delivery = state.due(at: world.now) else { continue }
            var item = delivery.item
            item.action = .retry
            world.server.tally.retries += 1
            world.note(.retries, actor, item.key, item.id)
            start(
                Batch(
                    purpose: .retry, lanes: [lane], generation: state.generation, place: state.place, items: [item],
                    limit: 1
                ), world)
            return true
        }
        return false
    }

    // MARK: Backfill

    /// One transaction takes a snapshot, which will end the window, and the next rows.
    private mutating func takeChunk(_ group: [Int], _ place: Place, _ world: World) {
        var snapshot = world.server.takeSnapshot()
        if world.flaw == .chunkReadAfterSnapshot {
            guard let earlier = chunkSnapshot else {
                chunkSnapshot = snapshot
                return
            }
            snapshot = earlier
            chunkSnapshot = nil
        }
        var rows: [(key: Int, version: Int)] = []
        for (key, row) in world.server.contents.rows.enumerated() where key > place.frontier && row.exists {
            if rows.count < Scenario.chunkSize, group.contains(Server.lane(of: key, of: laneCount)) {
                rows.append((key, row.version))
            }
        }
        chunk = Chunk(snapshot: snapshot, lanes: group, frontier: place.frontier, rows: rows)
        for lane in group { held[lane]?.place.hi = snapshot }
        world.server.tally.chunks += 1
        world.note(.takesChunk, actor, snapshot, rows.count)
    }

    /// The chunk that belongs behind the window, if one is in memory.
    private func chunk(for place: Place, _ group: [Int], _ world: World) -> (items: [Item], end: Int)? {
        guard let chunk, place.frontier < Place.allRows else { return nil }
        if world.flaw != .chunkKeptOverHands {
            guard chunk.snapshot == place.hi, chunk.frontier == place.frontier else { return nil }
            let isWhole = group.allSatisfy { chunk.lanes.contains($0) }
            guard isWhole || world.flaw == .chunkForOtherLanes else { return nil }
        }
        var items: [Item] = []
        for (key, version) in chunk.rows where key > place.frontier {
            let lane = Server.lane(of: key, of: laneCount)
            guard group.contains(lane) else { continue }
            items.append(
                Item(
                    key: key, version: version, lane: lane, id: 0, xid: 0, incarnation: world.server.incarnation,
                    isEcho: false, readIn: chunk.snapshot
                ))
        }
        return (items, max(place.frontier, chunk.rows.last?.key ?? Place.allRows))
    }

    // MARK: Windows

    /// One statement reads the records of a window, and the newest versions of the lanes.
    private mutating func readWindow(_ group: [Int], _ lane: HeldLane, _ world: World) {
        if world.flaw != .versionsNotReadWithWindow, world.flaw != .memoryKeptOverCrash {
            for lane in group where world.server.contents.positions[lane].last?.version != held[lane]?.version {
                return forget(world)
            }
        }
        var place = lane.place
        var own = 0
        if world.flaw == .snapshotInEffectsTransaction, let session, place.hi == nil {
            own = world.server.sessions[session.slot].transaction?.xid ?? 0
        }
        let hi = place.hi ?? endOfWindow(world, own)
        place.hi = hi
        var items = records(of: group, place, hi, world)
        logCount = world.server.contents.log.count
        var isComplete = items.count <= world.scenario.batchLimit
        if !isComplete {
            items.removeSubrange(world.scenario.batchLimit...)
            world.server.tally.openWindows += 1
            if world.flaw == .windowCutByXid { isComplete = cutByXid(&items, &place, hi, group, world) }
        }
        world.note(.readsWindow, actor, lane.place.lo, hi, items.count)
        var batch = Batch(
            purpose: .window, lanes: group, generation: lane.generation, place: place, items: items,
            isComplete: isComplete, limit: items.count
        )
        if isComplete, let (rows, end) = chunk(for: place, group, world) {
            batch.items += rows
            batch.limit = batch.items.count
            batch.frontier = end
        }
        if batch.items.isEmpty, batch.frontier == nil {
            if own > 0 { rollBack(world) }
            // An id stays where it is.
            if world.flaw == .idCursor { return }
            // The log holds nothing for these lanes: their place moves in memory.
            return move(group, to: batch.place(after: 0), world)
        }
        start(batch, world)
    }

    /// The window is read in the transaction that the effects will be part of.
    private func openTransaction(_ world: World) -> Bool {
        guard let session, world.server.sessions[session.slot].transaction == nil else { return false }
        world.server.sessions[session.slot].transaction = Transaction(xid: world.server.drawXid())
        return true
    }

    private func endOfWindow(_ world: World, _ own: Int) -> Int {
        let snapshot = world.server.takeSnapshot(own: own)
        guard world.flaw == .xminHorizon else { return snapshot }
        let xmin = world.server.snapshots[snapshot].xmin
        return world.server.makeUpSnapshot(xmin: xmin, xmax: xmin)
    }

    /// In the order of ids; one more than the limit at most matters.
    private func records(of group: [Int], _ place: Place, _ hi: Int, _ world: World) -> [Item] {
        let (low, high) = (world.server.snapshots[place.lo], world.server.snapshots[hi])
        let isByID = world.flaw == .idCursor
        var found: [LogRecord] = []
        let log = world.server.contents.log
        let isOld = world.flaw == .readingUnderOlderSnapshot
        for record in log.prefix(isOld ? logCount : log.count) where record.id > place.lastID && high.sees(record.xid) {
            if !isByID, low.sees(record.xid) { continue }
            if group.contains(Server.lane(of: record.key, of: laneCount)) { found.append(record) }
        }
        if world.flaw == .windowCutByXid {
            found.sort { $0.xid == $1.xid ? $0.id < $1.id : $0.xid < $1.xid }
        } else {
            found.sort { $0.id < $1.id }
        }
        return found.map { record in
            var item = Item(
                key: record.key, version: record.version, lane: Server.lane(of: record.key, of: laneCount),
                id: record.id, xid: record.xid, incarnation: record.incarnation, isEcho: record.isEcho, readIn: nil
            )
            if record.key > place.frontier, world.flaw != .backfillWithoutSkip { item.action = .skip }
            return item
        }
    }

    /// Ends the window at the last transaction of which all records were read.
    private func cutByXid(
        _ items: inout [Item], _ place: inout Place, _ hi: Int, _ group: [Int], _ world: World
    ) -> Bool {
        guard let last = items.last, let first = items.first, first.xid < last.xid else {
            // One transaction is larger than a batch: all of it.
            let all = records(of: group, place, hi, world)
            let xid = all.first?.xid
            items = all.filter { $0.xid == xid }
            return cut(&place, hi, (xid ?? 0) + 1, world)
        }
        items.removeAll { $0.xid == last.xid }
        return cut(&place, hi, last.xid, world)
    }

    private func cut(_ place: inout Place, _ hi: Int, _ xmax: Int, _ world: World) -> Bool {
        let whole = world.server.snapshots[hi]
        let end = min(xmax, whole.xmax)
        place.hi = world.server.makeUpSnapshot(
            xmin: min(whole.xmin, end), xmax: end, xip: whole.xip.filter { $0 < end })
        return true
    }

    /// Notes the place of lanes that the database need not know of yet.
    mutating func move(_ lanes: [Int], to place: Place, _ world: World) {
        let place = flawed(place, world)
        for lane in lanes {
            guard held[lane] != nil, held[lane]?.place != place else { continue }
            held[lane]?.place = place
            // On a quiet log nobody misses what is not written.
            if held[lane]?.writtenID != world.server.contents.nextID { held[lane]?.isDirty = true }
        }
    }

    /// The place as a worker without a rule would note it.
    func flawed(_ place: Place, _ world: World) -> Place {
        var place = place
        if world.flaw == .xminCursor, place.hi == nil, batch?.place.hi != nil {
            let xmin = world.server.snapshots[place.lo].xmin
            if world.server.snapshots[place.lo].xmax != xmin {
                place.lo = world.server.makeUpSnapshot(xmin: xmin, xmax: xmin)
            }
        }
        if world.flaw == .idCursor {
            let last = batch?.items.prefix(batch?.limit ?? 0).last?.id ?? 0
            place.lastID = max(last, place.lastID, batch?.place.lastID ?? 0)
        }
        return place
    }
}
