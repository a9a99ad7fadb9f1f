import HeliographLog
import HeliographPostgres

/// Has a receiver act on the outside world, with no transaction open: a durable claim of the lanes, the calls, and one transaction that
/// parks what failed and moves the position.
///
/// When a worker ends in between, its successor calls again for what this one has called for: hence the idempotency key.
struct ExternalProcessor {
    let processor: BatchProcessor
    let receiver: Subscription.External

    private var store: any LaneStore { processor.store }
    private var subscription: Subscription { processor.subscription }

    /// As that of ``BatchProcessor``.
    func process(
        _ batch: BatchProcessor.Batch, in table: inout LaneTable, while mayGoOn: () -> Bool
    ) async throws -> (any Error)? {
        var course = batch.course
        var lanes = Set(batch.group.lanes)
        var pending = batch.records[...]
        while !pending.isEmpty {
            let most = batch.group.isSuspect || table.breaker.isOpen ? 1 : pending.count
            var slice = pending.prefix(min(most, batch.group.probationSize ?? .max))
            var parkings = processor.parkings(for: &slice, in: table)
            guard !slice.isEmpty else {
                guard let next = pending.first else { break }
                let full = FullKey(limit: subscription.retry.maximumParkedPerKey)
                processor.leave(next, full, of: batch, course, &lanes, &pending, in: &table)
                continue
            }
            for record in slice where record.causalDepth >= Subscription.maximumCausalDepth {
                let error = SignalLoop(depth: record.causalDepth)
                parkings[record.id] = Parking(error: "\(error)", isDead: true)
                processor.tally(1, "dead")
            }
            if let size = batch.group.probationSize, let first = slice.first,
                slice.contains(where: { parkings[$0.id] == nil }),
                let parking = try await processor.risk(slice, single: size == 1 ? "r\(first.id)" : nil)
            {
                parkings[first.id] = parking
            }
            let wanted = slice.filter { parkings[$0.id] == nil }.map { ExternalRun.Item(record: $0, failures: 0) }
            var outcomes: [Int64: ExternalRun.Outcome] = [:]
            if let first = slice.first, !wanted.isEmpty {
                let claimed = Set(slice.map(\.lane)).sorted()
                // Where the lanes are: behind what was committed of this batch before.
                let place = course.place(before: first, previous: batch.record(before: pending))
                let named = try await store.move(claimed, of: table, to: place, isDurable: true)
                course.name(by: named)
                table.flush(claimed, at: named)
                outcomes = await call(wanted, generation: batch.group.generation)
                try Task.checkCancellation()
            }
            let count = judge(slice, outcomes, &parkings, in: &table)
            if count > 0 {
                do {
                    let isLast = count == pending.count
                    let committed = slice.prefix(count)
                    let place = isLast ? course.end : committed.last.map(course.place(after:)) ?? course.start
                    let received = committed.count { if case .done = outcomes[$0.id] { true } else { false } }
                    try await commit(
                        committed, parkings, at: place, lanes, isOnProbation: batch.group.probationSize != nil, &course,
                        in: &table)
                    processor.tally(received, "committed")
                } catch let refused as BatchRefused {
                    await store.rollBack()
                    return refused.error
                }
            }
            table.serveProbation(batch.group.lanes, received: pending.prefix(count).map(\.lane))
            pending = pending.dropFirst(count)
            if count < slice.count || !mayGoOn() || table.breaker.isOpen { break }
        }
        let place =
            pending.first.map { course.place(before: $0, previous: batch.record(before: pending)) } ?? course.end
        table.skip(lanes, to: place)
        return nil
    }

    private func call(_ items: [ExternalRun.Item], generation: Int) async -> [Int64: ExternalRun.Outcome] {
        let registration = store.registration
        let run = ExternalRun(
            receiver: receiver, timeout: subscription.timeout, concurrency: subscription.concurrency,
            batchSize: subscription.batchSize(processor.configuration.batchSize),
            isOrdered: subscription.retry.order == .perKey,
            pulse: processor.pulse, tracing: processor.tracing, timekeeper: processor.timekeeper
        ) { first, count in
            ExternalCall(
                idempotencyKey: registration.idempotencyKey(of: first.record, generation: generation)
                    + (count > 1 ? "+\(count - 1)" : ""),
                fencingToken: first.record.id, failures: first.failures)
        }
        return await processor.keeper.during(.calls) {
            await run.run(items, until: .now + processor.configuration.batchTime)
        }
    }

    /// Decides on what failed.
    /// - Returns: how many of the records, from the first, are done with or to be parked.
    private func judge(
        _ records: ArraySlice<Record>, _ outcomes: [Int64: ExternalRun.Outcome], _ parkings: inout [Int64: Parking],
        in table: inout LaneTable
    ) -> Int {
        let done = outcomes.values.count { if case .done = $0 { true } else { false } }
        if done > 0 { table.breaker.succeeded() }
        var count = 0
        for record in records {
            if parkings[record.id] == nil {
                switch outcomes[record.id] {
                case nil: return count
                case .done: break
                case .behind: parkings[record.id] = .behind
                case .failed(let error):
                    // Where others succeed it is the record's own fault.
                    if done > 0 { table.breaker.succeeded() }
                    switch processor.decide(record, error, failures: 0, in: &table) {
                    case .skip: break
                    case .park(let parking): parkings[record.id] = parking
                    case .wait: return count
                    }
                }
            }
            count += 1
        }
        return count
    }

    private func commit(
        _ committed: ArraySlice<Record>, _ parkings: [Int64: Parking], at place: LanePlace, _ lanes: Set<Int>,
        isOnProbation: Bool, _ course: inout Course, in table: inout LaneTable
    ) async throws {
        let parked = committed.compactMap { record in parkings[record.id].map { (record, $0) } }
        let moved = Set(committed.map(\.lane))
        var changes: [LaneChange] = parked.isEmpty ? [] : [.park(parked)]
        if isOnProbation { changes.append(.finishAnnounced(worker: processor.worker)) }
        let (named, deliveries) = try await store.transaction(for: nil, isDurable: false).commit(
            moved.sorted(), of: table, at: place, changes)
        course.name(by: named)
        table.commit(moved, at: named)
        table.skip(lanes.subtracting(moved), to: named)
        try await processor.note(parked.map(\.0), parkings, deliveries, in: &table)
    }

    /// Calls for parked records of a key, in their order, up to the first that fails.
    func retry(
        _ due: [(delivery: Int64, failures: Int, record: Record)], of key: LaneTable.DueKey, in table: inout LaneTable
    ) async throws -> (any Error)? {
        guard let first = due.first, let lane = table.lanes[key.lane] else { return nil }
        var due = due
        if let probation = lane.probation {
            due = [first]
            let single = probation.size == 1 ? "d\(first.delivery)" : nil
            if let parking = try await processor.risk(CollectionOfOne(first.record), single: single) {
                return try await finish([.fail(first.delivery, parking)], of: key, at: lane.place, in: &table)
            }
        }
        let named = try await store.move([key.lane], of: table, to: lane.place, isDurable: true)
        table.flush([key.lane], at: named)
        let items = due.map { ExternalRun.Item(record: $0.record, failures: $0.failures) }
        let outcomes = await call(items, generation: lane.generation)
        try Task.checkCancellation()
        var received = 0
        var finished: [Int64] = []
        var changes: [LaneChange] = []
        judging: for entry in due {
            switch outcomes[entry.record.id] {
            case .done:
                received += 1
                table.breaker.succeeded()
                finished.append(entry.delivery)
            case .failed(let error):
                switch processor.decide(entry.record, error, failures: entry.failures, in: &table) {
                case .skip:
                    finished.append(entry.delivery)
                    continue judging
                case .park(let parking): changes.append(.fail(entry.delivery, parking))
                case .wait: break
                }
                break judging
            case .behind, nil: break judging
            }
        }
        if !finished.isEmpty { changes.append(.finish(finished)) }
        guard !changes.isEmpty else { return nil }
        let error = try await finish(changes, of: key, at: named, in: &table)
        if error == nil { processor.tally(received, "committed") }
        return error
    }

    private func finish(
        _ changes: [LaneChange], of key: LaneTable.DueKey, at place: LanePlace, in table: inout LaneTable
    ) async throws -> (any Error)? {
        var changes = changes
        if table.lanes[key.lane]?.probation != nil {
            changes.append(.finishAnnounced(worker: processor.worker))
        }
        do {
            let commit = try await store.transaction(for: nil, isDurable: false).commit(
                [key.lane], of: table, at: place, changes)
            table.commit([key.lane], at: commit.place)
            return nil
        } catch let refused as BatchRefused {
            await store.rollBack()
            return refused.error
        }
    }
}
