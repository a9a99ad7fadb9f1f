import HeliographLog
import HeliographModels
import HeliographPostgres
import Logging

/// Acts on the records of a window: all in one transaction if all goes well; if a receiver fails the prefix, the culprit alone, the
/// rest. (For 1,000 records with one failure that is two more transactions, where a savepoint a record would cost 1,000.)
struct BatchProcessor {
    /// Records for lanes that stand at one place.
    struct Batch {
        let group: LaneTable.Group
        let records: [Record]
        let course: Course
    }

    let subscription: Subscription
    let store: any LaneStore
    let keeper: SessionKeeper
    let configuration: WorkerConfiguration
    let signals: ModelSignals
    let logger: Logger
    let hangs: Hangs
    let exclusivity: Exclusivity
    let counts: OutcomeCounts
    let pulse: SubscriptionPulse
    let tracing: ReceiverTracing
    /// This process.
    let worker: String
    /// Of receivers' time-outs.
    let timekeeper = Timekeeper()

    /// - Parameter mayGoOn: is asked between transactions; what is left then is read again.
    /// - Returns: `nil` when each record is done, left or its lane blocked; an error that no record is to blame for when the rest is
    ///   to be done again.
    /// - Throws: ``Doubt``; `CancellationError`.
    func process(
        _ batch: Batch, in table: inout LaneTable, while mayGoOn: () -> Bool
    ) async throws -> (any Error)? {
        switch subscription.receiver {
        case .transactional(let receiver): try await process(batch, receiver, in: &table, while: mayGoOn)
        case .external(let receiver):
            try await ExternalProcessor(processor: self, receiver: receiver).process(batch, in: &table, while: mayGoOn)
        }
    }

    private func process(
        _ batch: Batch, _ receiver: Subscription.Transactional, in table: inout LaneTable, while mayGoOn: () -> Bool
    ) async throws -> (any Error)? {
        var course = batch.course
        var lanes = Set(batch.group.lanes)
        var pending = batch.records[...]
        var limit = batch.group.isSuspect ? 1 : pending.count
        let cap = batch.group.probationSize ?? .max
        var isolatesNext = false
        var decision = Decision.receive
        var isLeaving = false
        while !pending.isEmpty, !isLeaving {
            // A decision is about the next record alone, whatever kept the slice short when it was taken.
            let most =
                decision == .receive
                ? min(limit, cap, hangs.limit, table.pace.limit(within: configuration.batchTime)) : 1
            var slice = pending.prefix(most)
            if decision == .receive { decision = decideOnHung(&slice, in: &table) ?? .receive }
            if decision == .receive { decision = decideOnDepth(&slice) ?? .receive }
            let parkings = parkings(for: &slice, decision, in: table)
            guard !slice.isEmpty else {
                // Its row has as many parked records as it may: the lane waits.
                guard let next = pending.first else { break }
                let full = FullKey(limit: subscription.retry.maximumParkedPerKey)
                leave(next, full, of: batch, course, &lanes, &pending, in: &table)
                limit = max(1, pending.count)
                continue
            }
            if let size = batch.group.probationSize, decision == .receive,
                slice.contains(where: { parkings[$0.id] == nil }),
                let parking = try await risk(slice, single: size == 1 ? "r\(slice[slice.startIndex].id)" : nil)
            {
                decision = .park(parking)
                continue
            }
            let attempt = BatchAttempt(
                processor: self, receiver: receiver, records: slice,
                source: .log(course, isLast: slice.count == pending.count),
                open: course.start, parkings: parkings, skipsReceivers: decision == .skip,
                isOnProbation: batch.group.probationSize != nil
            )
            let decided = decision
            let start = ContinuousClock.now
            decision = .receive
            switch try await attempt.run(table) {
            case .committed(let count, let place, let deliveries):
                table.pace.note(count, took: .now - start)
                hangs.relax()
                let committed = slice.prefix(count)
                let done = Set(committed.map(\.lane))
                table.commit(done, at: place)
                table.skip(lanes.subtracting(done), to: place)
                let parked = committed.filter { parkings[$0.id] != nil }
                try await note(parked, parkings, deliveries, in: &table)
                if parked.count < count, decided == .receive { table.breaker.succeeded() }
                course.name(by: place)
                pending = pending.dropFirst(count)
                table.serveProbation(batch.group.lanes, received: committed.map(\.lane))
                limit = isolatesNext ? 1 : max(1, pending.count)
                isolatesNext = false
                isLeaving = !mayGoOn() || table.breaker.isOpen
                tally(count - parked.count, "committed")
            case .failed(let index, _) where index > 0:
                limit = index
                isolatesNext = true
            case .again: break
            case .failed where slice.count > 1: limit = 1
            case .refused where slice.count > 1: limit = slice.count / 2
            case .failed(_, let error), .refused(let error):
                guard let culprit = slice.first else { break }
                if (error as? PostgresError)?.sqlState?.isContention == true {
                    leave(culprit, error, of: batch, course, &lanes, &pending, in: &table)
                    limit = max(1, pending.count)
                    isLeaving = !mayGoOn()
                    break
                }
                switch decide(culprit, error, failures: 0, in: &table) {
                case .skip: decision = .skip
                case .park(let parking): decision = .park(parking)
                case .wait: isLeaving = true
                }
            case .transient(let error): return error
            }
        }
        // At the end of what was read, or before the first record that was left: also those whose last records went away with a blocked
        // lane's.
        let place =
            pending.first.map { course.place(before: $0, previous: batch.record(before: pending)) } ?? course.end
        table.skip(lanes, to: place)
        return nil
    }

    /// Stops the lane of a record before it, and takes those of its lane from what is left to do.
    func leave(
        _ record: Record, _ error: any Error, of batch: Batch, _ course: Course, _ lanes: inout Set<Int>,
        _ pending: inout ArraySlice<Record>, in table: inout LaneTable
    ) {
        block(record, error, at: course.place(before: record, previous: batch.record(before: pending)), in: &table)
        lanes.remove(record.lane)
        pending.removeAll { $0.lane == record.lane }
    }

    /// Says that records of lanes on probation are about to be received.
    /// - Parameter single: what names the record, if it is received alone.
    /// - Returns: how it is to be parked instead, if too many workers have died of it.
    func risk(_ records: some Collection<Record>, single: String?) async throws -> Parking? {
        let counts = Dictionary(grouping: records, by: \.lane).mapValues(\.count)
        guard let single else {
            _ = try await store.announce(counts.mapValues(Probation.name(some:)))
            return nil
        }
        let deaths = try await store.announce(counts.mapValues { _ in single })
        guard deaths >= KilledWorkers.limit else { return nil }
        let error = KilledWorkers(count: deaths)
        tally(1, "dead")
        logger.error("a record kills workers: it is a dead letter", metadata: metadata(records.first, error))
        return Parking(error: "\(error)", isDead: true)
    }

    /// What is to become of the next record.
    private enum Decision: Equatable {
        case receive, skip
        case park(Parking)
    }

    /// What is to become of a record whose receiver has not returned the last time.
    /// - Parameter records: are cut before the first of them, or behind it if it is the first.
    private func decideOnHung(_ records: inout ArraySlice<Record>, in table: inout LaneTable) -> Decision? {
        if let count = hangs.cut(records.lazy.map(\.id)) { records = records.prefix(count) }
        guard let record = records.first, hangs.take(record.id) else { return nil }
        let error = ReceiverTimeout(limit: subscription.timeout)
        return judge(record, error, failures: 0, in: &table).map { .park($0) }
    }

    /// What is to become of a record to which too many receivers' writes have led, one after the other.
    /// - Parameter records: are cut before the first of another depth: a transaction's writes are all of one.
    private func decideOnDepth(_ records: inout ArraySlice<Record>) -> Decision? {
        guard let record = records.first else { return nil }
        let depth = record.causalDepth
        guard depth >= Subscription.maximumCausalDepth else {
            records = records.prefix { $0.causalDepth == depth }
            return nil
        }
        records = records.prefix(1)
        let error = SignalLoop(depth: depth)
        tally(1, "dead")
        logger.error("a loop of signals is cut: the record is a dead letter", metadata: metadata(record, error))
        return .park(Parking(error: "\(error)", isDead: true))
    }

    /// Which of the records are to be parked: those that come behind parked ones of their key.
    /// - Parameter records: are cut before the first that cannot be parked, because too many of its key are.
    private func parkings(
        for records: inout ArraySlice<Record>, _ decision: Decision, in table: LaneTable
    ) -> [Int64: Parking] {
        guard let first = records.first else { return [:] }
        if case .park(let parking) = decision { return [first.id: parking] }
        return decision == .receive ? parkings(for: &records, in: table) : [:]
    }

    func parkings(for records: inout ArraySlice<Record>, in table: LaneTable) -> [Int64: Parking] {
        guard subscription.retry.order == .perKey, table.hasParked else { return [:] }
        var parkings: [Int64: Parking] = [:]
        var counts: [Int32: Int] = [:]
        for (index, record) in zip(records.indices, records) {
            let count = counts[record.keyHash] ?? table.parkedCount(record.keyHash, in: record.lane)
            if count == 0 { continue }
            if count >= subscription.retry.maximumParkedPerKey {
                records = records[..<index]
                break
            }
            counts[record.keyHash] = count + 1
            parkings[record.id] = .behind
        }
        return parkings
    }

    /// Notes what the database has parked.
    func note(
        _ records: [Record], _ parkings: [Int64: Parking], _ deliveries: [Int64], in table: inout LaneTable
    ) async throws {
        guard !records.isEmpty else { return }
        tally(records.count, "parked")
        guard subscription.retry.order == .perKey else {
            try await store.readParked(of: Set(records.map(\.lane)).sorted(), into: &table)
            return
        }
        for (record, delivery) in zip(records, deliveries) {
            guard let parking = parkings[record.id] else { continue }
            if parking.isDead, subscription.retry.onDead == .release { continue }
            table.park(record.keyHash, in: record.lane, as: delivery, parking, at: .now)
        }
    }

    /// Stops a lane before a record that met a lock, or that cannot be parked.
    func block(_ culprit: Record, _ error: any Error, at place: LanePlace, in table: inout LaneTable) {
        let attempts = (table.lanes[culprit.lane]?.stalls).map { $0 + 1 } ?? 1
        let delay = configuration.retryBackoff.delay(afterAttempt: attempts)
        table.block(culprit.lane, at: place, until: .now + delay)
        tally(1, "stalled")
        var metadata = metadata(culprit, error)
        metadata["attempt"] = "\(attempts)"
        metadata["retry.in"] = "\(delay)"
        logger.info("a lane waits and tries again", metadata: metadata)
    }

    func tally(_ count: Int, _ outcome: String) { counts.add(count, outcome) }

    func metadata(_ record: Record?, _ error: any Error) -> Logger.Metadata {
        guard let record else { return ["error": "\(error)"] }
        return [
            "record.id": "\(record.id)", "record.sender": "\(record.sender)", "lane": "\(record.lane)",
            "error": "\(error)",
        ]
    }
}

extension BatchProcessor.Batch {
    /// The record before those that are left.
    func record(before pending: ArraySlice<Record>) -> Record? {
        guard let next = pending.first, let index = records.firstIndex(where: { $0.id == next.id }), index > 0 else {
            return nil
        }
        return records[index - 1]
    }
}
