import HeliographLog
import HeliographPostgres
import Logging

/// Tries the parked records of a key again, in their order: all that wait in one transaction if all goes well; if one fails, those
/// before it, then it alone.
struct RetryProcessor {
    let processor: BatchProcessor

    private var store: any LaneStore { processor.store }

    /// - Returns: an error that no record is to blame for, when it is to be done again.
    /// - Throws: ``Doubt``; `CancellationError`.
    func retry(_ key: LaneTable.DueKey, limit: Int, in table: inout LaneTable) async throws -> (any Error)? {
        let due = try await store.dueDeliveries(key, limit: limit)
        let error =
            switch processor.subscription.receiver {
            case .transactional(let receiver): try await run(due[...], of: key, receiver, in: &table)
            case .external(let receiver):
                try await ExternalProcessor(processor: processor, receiver: receiver).retry(due, of: key, in: &table)
            }
        // The head is another one now, or another time.
        try await store.readParked(key, into: &table)
        return error
    }

    private func run(
        _ due: ArraySlice<(delivery: Int64, failures: Int, record: Record)>, of key: LaneTable.DueKey,
        _ receiver: Subscription.Transactional, in table: inout LaneTable
    ) async throws -> (any Error)? {
        var pending = due
        var limit = pending.count
        var parking: Parking?
        var skips = false
        while let first = pending.first, let place = table.lanes[key.lane]?.place {
            if parking == nil, !skips, processor.hangs.take(first.record.id) {
                let error = ReceiverTimeout(limit: processor.subscription.timeout)
                parking = processor.judge(first.record, error, failures: first.failures, in: &table)
            }
            let probation = table.lanes[key.lane]?.probation
            if let probation, parking == nil, !skips {
                parking = try await processor.risk(
                    CollectionOfOne(first.record), single: probation.size == 1 ? "d\(first.delivery)" : nil)
            }
            // A decision is about the first alone: the others' effects would be committed while they stay parked.
            let isDecided = parking != nil || skips || probation != nil
            let uncut = pending.prefix(isDecided ? 1 : min(limit, processor.hangs.limit))
            let depth = first.record.causalDepth
            let slice = uncut.prefix(processor.hangs.cut(uncut.map(\.record.id)) ?? uncut.count)
                .prefix { $0.record.causalDepth == depth }
            var attempt = BatchAttempt(
                processor: processor, receiver: receiver, records: slice.map(\.record)[...],
                source: .parked(slice.map(\.delivery)[...], lane: key.lane), open: place, skipsReceivers: skips,
                isOnProbation: probation != nil)
            if let parking { attempt.parkings = [first.record.id: parking] }
            switch try await attempt.run(table) {
            case .committed(let count, let place, _):
                table.commit([key.lane], at: place)
                // One that was put off, or is dead, has those behind it wait; if they need not, they are found as due.
                if parking != nil { return nil }
                processor.tally(count, "committed")
                if !skips { table.breaker.succeeded() }
                skips = false
                pending = pending.dropFirst(count)
                limit = max(1, pending.count)
            case .again: break
            case .failed(let index, _) where index > 0: limit = index
            case .failed where slice.count > 1: limit = 1
            case .refused where slice.count > 1: limit = slice.count / 2
            case .failed(_, let error), .refused(let error):
                if (error as? PostgresError)?.sqlState?.isContention == true {
                    parking = Parking(delay: Backoff().delay(afterAttempt: 1))
                    break
                }
                switch processor.decide(first.record, error, failures: first.failures, in: &table) {
                case .skip: skips = true
                case .park(let judged): parking = judged
                case .wait: return nil
                }
            case .transient(let error): return error
            }
        }
        return nil
    }
}
