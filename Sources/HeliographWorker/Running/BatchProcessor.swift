import HeliographLog
import HeliographModels
import HeliographPostgres
import Logging
import Metrics

/// Acts on the records of a window: all in one transaction if all goes well; if a receiver fails the prefix, the culprit alone, the
/// rest. (For 1,000 records with one failure that is two more transactions, where a savepoint a record would cost 1,000.)
struct BatchProcessor {
    /// The records of a window, for the lanes that stand at its place.
    struct Batch {
        let group: LaneTable.Group
        let window: Window
        /// The window's end.
        let end: Cursor
    }

    let subscription: Subscription
    let session: LaneSession
    let configuration: WorkerConfiguration
    let signals: ModelSignals
    let logger: Logger
    let hangs: Hangs
    let exclusivity: Exclusivity

    /// - Parameter mayGoOn: is asked between transactions; what is left then is read again.
    /// - Returns: `nil` when each record is done, left or its lane blocked; an error that no record is to blame for when the rest is
    ///   to be done again.
    /// - Throws: ``Doubt``; `CancellationError`.
    func process(
        _ batch: Batch, in table: inout LaneTable, while mayGoOn: () -> Bool
    ) async throws -> (any Error)? {
        var open = LanePlace(lo: batch.group.place.lo, hi: batch.end, lastID: batch.group.place.lastID)
        var lanes = Set(batch.group.lanes)
        var pending = batch.window.records[...]
        var limit = batch.group.isSuspect ? 1 : pending.count
        var isolatesNext = false
        var decision = Decision.receive
        var isLeaving = false
        while !pending.isEmpty, !isLeaving {
            // A decision is about the next record alone, whatever kept the slice short when it was taken.
            let most =
                decision == .receive ? min(limit, hangs.limit, table.pace.limit(within: configuration.batchTime)) : 1
            var slice = pending.prefix(most)
            if decision == .receive { decision = decideOnHung(&slice, in: &table) ?? .receive }
            let parkings = parkings(for: &slice, decision, in: table)
            guard !slice.isEmpty else {
                // Its row has as many parked records as it may: the lane waits.
                guard let next = pending.first else { break }
                block(next, FullKey(limit: subscription.retry.maximumParkedPerKey), before: open, in: &table)
                lanes.remove(next.lane)
                pending.removeAll { $0.lane == next.lane }
                limit = max(1, pending.count)
                continue
            }
            let completes = batch.window.isComplete && slice.count == pending.count
            let attempt = BatchAttempt(
                processor: self, records: slice, source: .window(completes: completes), open: open,
                parkings: parkings, skipsReceivers: decision == .skip
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
                open = open.preferringTicks(of: place)
                pending = pending.dropFirst(count)
                limit = isolatesNext ? 1 : max(1, pending.count)
                isolatesNext = false
                isLeaving = !mayGoOn() || table.breaker.isOpen
                tally(count - parked.count, "committed")
            case .failed(let index, _) where index > 0:
                limit = index
                isolatesNext = true
            case .again: break
            case .failed where slice.count > 1: limit = 1
            case .failed(_, let error as Cancel):
                logger.info("a receiver cancelled a record", metadata: metadata(slice.first, error))
                tally(1, "cancelled")
                decision = .skip
            case .failed(_, let error as Snooze):
                tally(1, "snoozed")
                decision = .park(Parking(delay: error.duration))
            case .refused where slice.count > 1: limit = slice.count / 2
            case .failed(_, let error), .refused(let error):
                guard let culprit = slice.first else { break }
                if (error as? PostgresError)?.sqlState?.isContention == true {
                    block(culprit, error, before: open, in: &table)
                    lanes.remove(culprit.lane)
                    pending.removeAll { $0.lane == culprit.lane }
                    limit = max(1, pending.count)
                    isLeaving = !mayGoOn()
                } else if let parking = judge(culprit, error, failures: 0, in: &table) {
                    decision = .park(parking)
                } else {
                    isLeaving = true
                }
            case .transient(let error): return error
            }
        }
        skip(lanes, before: pending.first, of: batch, open, in: &table)
        return nil
    }

    /// What is to become of the next record.
    private enum Decision: Equatable {
        case receive, skip
        case park(Parking)
    }

    /// What is to become of a record whose receiver has not returned the last time.
    /// - Parameter records: are cut before the first of them, or behind it if it is the first.
    private func decideOnHung(_ records: inout ArraySlice<Record>, in table: inout LaneTable) -> Decision? {
        if let count = hangs.cut(records.map(\.id)) { records = records.prefix(count) }
        guard let record = records.first, hangs.take(record.id) else { return nil }
        let error = ReceiverTimeout(limit: subscription.timeout)
        return judge(record, error, failures: 0, in: &table).map { .park($0) }
    }

    /// Which of the records are to be parked: those that come behind parked ones of their key.
    /// - Parameter records: are cut before the first that cannot be parked, because too many of its key are.
    private func parkings(
        for records: inout ArraySlice<Record>, _ decision: Decision, in table: LaneTable
    ) -> [Int64: Parking] {
        guard let first = records.first else { return [:] }
        if case .park(let parking) = decision { return [first.id: parking] }
        guard decision == .receive, subscription.retry.order == .perKey else { return [:] }
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
    private func note(
        _ records: [Record], _ parkings: [Int64: Parking], _ deliveries: [Int64], in table: inout LaneTable
    ) async throws {
        guard !records.isEmpty else { return }
        tally(records.count, "parked")
        guard subscription.retry.order == .perKey else {
            try await session.readParked(of: Set(records.map(\.lane)).sorted(), subscription.retry, into: &table)
            return
        }
        for (record, delivery) in zip(records, deliveries) {
            guard let parking = parkings[record.id] else { continue }
            if parking.isDead, subscription.retry.onDead == .release { continue }
            table.park(record.keyHash, in: record.lane, as: delivery, parking, at: .now)
        }
    }

    /// Whether a record that failed is to be parked, and how.
    /// - Parameter failures: how often it had failed before.
    /// - Returns: `nil` when everything fails: then it stays where it is.
    func judge(_ record: Record, _ error: any Error, failures: Int, in table: inout LaneTable) -> Parking? {
        let policy = subscription.retry
        let backoff = policy.backoff ?? configuration.retryBackoff
        var metadata = metadata(record, error)
        let verdict = table.breaker.failed(
            key: record.keyHash, record: record.id, at: .now, backoff: backoff)
        guard verdict == .park else {
            tally(1, "held")
            logger.warning(
                "everything fails: waiting for the end of it, one record is tried now and then", metadata: metadata)
            return nil
        }
        tally(1, "failed")
        let isDead = failures + 1 >= policy.maximumAttempts && !table.breaker.isOpen
        let delay = backoff.delay(afterAttempt: failures + 1)
        metadata["attempt"] = "\(failures + 1)"
        if isDead {
            tally(1, "dead")
            logger.warning("a receiver failed for the last time: the record is a dead letter", metadata: metadata)
        } else {
            metadata["retry.in"] = "\(delay)"
            logger.info("a receiver failed; the record is parked and tried again", metadata: metadata)
        }
        // PostgreSQL's text holds no NUL, and a record that cannot be parked would stand in the way for ever.
        let words = "\(error)".prefix(2_000).replacing("\0", with: "\u{FFFD}")
        return Parking(delay: delay, error: String(words), isDead: isDead)
    }

    /// Stops a lane before a record that met a lock, or that cannot be parked.
    private func block(_ culprit: Record, _ error: any Error, before open: LanePlace, in table: inout LaneTable) {
        let attempts = (table.lanes[culprit.lane]?.stalls).map { $0 + 1 } ?? 1
        let delay = configuration.retryBackoff.delay(afterAttempt: attempts)
        var place = open
        place.lastID = culprit.id - 1
        table.block(culprit.lane, at: place, until: .now + delay)
        tally(1, "stalled")
        var metadata = metadata(culprit, error)
        metadata["attempt"] = "\(attempts)"
        metadata["retry.in"] = "\(delay)"
        logger.info("a lane waits and tries again", metadata: metadata)
    }

    /// All lanes stand at the end of what was read, or before the first record that was left: also those whose last records went
    /// away with a blocked lane's.
    private func skip(
        _ lanes: Set<Int>, before next: Record?, of batch: Batch, _ open: LanePlace, in table: inout LaneTable
    ) {
        var place = open
        if let next {
            place.lastID = next.id - 1
        } else if batch.window.isComplete {
            place = LanePlace(lo: open.hi ?? batch.end, hi: nil, lastID: 0)
        } else if let last = batch.window.records.last {
            place.lastID = last.id
        }
        table.skip(lanes, to: place)
    }

    func tally(_ count: Int, _ outcome: String) {
        Counter(
            label: "heliograph_worker_records_total",
            dimensions: [("subscription", subscription.name), ("outcome", outcome)]
        ).increment(by: count)
    }

    func metadata(_ record: Record?, _ error: any Error) -> Logger.Metadata {
        guard let record else { return ["error": "\(error)"] }
        return [
            "record.id": "\(record.id)", "record.sender": "\(record.sender)", "lane": "\(record.lane)",
            "error": "\(error)",
        ]
    }
}
