/// What a server process does by itself: it executes pipeline segments, and notices that its client is gone.
extension Server {
    func stepSession(_ slot: Int, _ random: inout SeededGenerator) {
        guard sessions[slot].isAlive, sessions[slot].stalledUntil <= now else { return }
        guard sessions[slot].segment != nil else {
            let silence = now - sessions[slot].lastActive
            if sessions[slot].isOrphan {
                endSession(slot)
            } else if sessions[slot].hasTimeouts, silence > Scenario.silenceLimit {
                tally.sessionsTimedOut += 1
                endSession(slot)
            }
            return
        }
        repeat {
            guard executeStage(slot, &random) else { return }
        } while sessions[slot].segment != nil && random.chance(60)
    }

    /// - Returns: whether the stage is over.
    func executeStage(_ slot: Int, _ random: inout SeededGenerator) -> Bool {
        guard var segment = sessions[slot].segment, let transaction = sessions[slot].transaction else {
            sessions[slot].segment = nil
            return false
        }
        if transaction.isFailed {
            finish(slot, .rolledBack)
            return false
        }
        switch segment.stage {
        case .deliveries:
            sessions[slot].transaction?.operations += segment.deliveries
            if let rewind = segment.advance?.rewind { dropDeliveries(slot, segment, rewind) }
            segment.stage = segment.advance == nil ? .commit : .evaluate
            if segment.advance?.rewind != nil { stall(slot, &random) }
        case .evaluate:
            guard let insertions = evaluate(segment) else {
                finish(slot, .refused)
                return false
            }
            segment.insertions = insertions
            segment.stage = .insert
            stall(slot, &random)
        case .insert:
            guard insert(slot, &segment) else { return false }
        case .commit:
            sessions[slot].segment = nil
            commit(sessions[slot].transaction ?? transaction, isDurable: segment.isDurable)
            sessions[slot].transaction = nil
            sessions[slot].result = .committed
            trace.note(.commits, .session(sessions[slot].serial), at: now, transaction.xid)
            tally.commits += 1
            if !isHealthy, random.chance(2) {
                tally.lostAnswers += 1
                trace.note(.answerLost, .session(sessions[slot].serial), at: now)
                endSession(slot)
            }
            return true
        }
        sessions[slot].segment = segment
        return sessions[slot].stalledUntil <= now
    }

    /// Now and then a process stands still.
    private func stall(_ slot: Int, _ random: inout SeededGenerator) {
        guard scenario.stallsBackends, !isHealthy, random.chance(25) else { return }
        sessions[slot].stalledUntil = now + random.below(Scenario.stallLimit)
        trace.note(.stalls, .session(sessions[slot].serial), at: now)
    }

    /// Rolls back, and says so.
    private func finish(_ slot: Int, _ result: Segment.Result) {
        trace.note(.refused, .session(sessions[slot].serial), at: now)
        tally.refusals += 1
        if let transaction = sessions[slot].transaction { rollBack(transaction) }
        sessions[slot].transaction = nil
        sessions[slot].segment = nil
        sessions[slot].result = result
    }

    /// The lanes' next positions, under the snapshot of this statement; `nil` when they have moved on.
    private func evaluate(_ segment: Segment) -> [(lane: Int, position: Position)]? {
        guard let advance = segment.advance else { return [] }
        var insertions: [(lane: Int, position: Position)] = []
        for entry in advance.entries {
            guard let newest = contents.positions[entry.lane].last else {
                if flaw == .advanceOfSomeLanes { continue }
                return nil
            }
            var isExpected = newest.version == entry.expected && newest.generation == advance.generation
            if entry.expected == nil { isExpected = true }
            if flaw == .advanceWithoutVersion { isExpected = true }
            if flaw == .rewindOfWhateverIsNewest, advance.rewind != nil { isExpected = true }
            guard isExpected else {
                if flaw == .advanceOfSomeLanes { continue }
                return nil
            }
            var place = entry.place ?? newest.place
            if let rewind = advance.rewind { place = rewound(newest.place, to: rewind) }
            let raises = advance.rewind != nil && flaw != .rewindKeepsGeneration
            let position = Position(
                version: newest.version + 1, generation: newest.generation + (raises ? 1 : 0), place: place, at: now)
            insertions.append((entry.lane, position))
        }
        return insertions
    }

    /// Inserts the positions one by one: whoever comes second waits for the first, and fails if that one commits.
    /// - Returns: whether all are inserted.
    private func insert(_ slot: Int, _ segment: inout Segment) -> Bool {
        while segment.inserted < segment.insertions.count {
            let (lane, position) = segment.insertions[segment.inserted]
            if contents.hasPosition(lane, position.version) {
                guard flaw == .advanceWithoutVersion, let again = evaluate(segment) else {
                    finish(slot, .refused)
                    return false
                }
                segment.insertions = again
                continue
            }
            for other in sessions.indices where other != slot {
                guard let transaction = sessions[other].transaction else { continue }
                for inserted in transaction.inserted
                where inserted.lane == lane && inserted.version == position.version {
                    tally.waits += 1
                    trace.note(.waits, .session(sessions[slot].serial), at: now, lane)
                    sessions[slot].segment = segment
                    return false
                }
            }
            sessions[slot].transaction?.inserted.append((lane, position.version))
            sessions[slot].transaction?.operations.append(.position(lane: lane, position))
            if segment.advance?.rewind != nil {
                sessions[slot].transaction?.operations.append(
                    .rewind(lane: lane, to: position.place.lo, frontier: position.place.frontier))
            }
            segment.inserted += 1
        }
        segment.stage = .commit
        trace.note(.advances, .session(sessions[slot].serial), at: now, segment.insertions.count)
        return true
    }

    // MARK: Rewind

    /// The older of a snapshot and the lane's own.
    private func rewound(_ place: Place, to snapshot: Int) -> Place {
        let (target, own) = (snapshots[snapshot], snapshots[place.lo])
        let isOlder = target.rows.isEmpty ? target.xmax < own.xmax : snapshot < place.lo
        return Place(lo: isOlder ? snapshot : place.lo, frontier: place.frontier)
    }

    /// Drops the deliveries of records that will be read again, as far as they are there at this moment.
    private func dropDeliveries(_ slot: Int, _ segment: Segment, _ rewind: Int) {
        sessions[slot].transaction?.operations.append(.generation(contents.generation + 1))
        for delivery in contents.deliveries where !delivery.item.isBackfill || flaw == .rewindDropsAllDeliveries {
            guard let newest = contents.positions[delivery.lane].last else { continue }
            let place = rewound(newest.place, to: rewind)
            // A backfilled row is not in the log, and would not be read again.
            let isSeen = snapshots[place.lo].sees(delivery.item.xid)
            if !isSeen || flaw == .rewindDropsAllDeliveries {
                sessions[slot].transaction?.operations.append(.dropDelivery(delivery.item))
            }
        }
    }
}
