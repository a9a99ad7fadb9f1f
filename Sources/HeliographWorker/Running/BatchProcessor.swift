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
        var cancelled = false
        var isLeaving = false
        while !pending.isEmpty, !isLeaving {
            let slice = pending.prefix(limit)
            let completes = batch.window.isComplete && slice.count == pending.count
            let attempt = BatchAttempt(
                processor: self, records: slice, open: open, completes: completes, skipsReceivers: cancelled
            )
            cancelled = false
            switch try await attempt.run(table) {
            case .committed(let count, let place):
                let done = Set(slice.prefix(count).map(\.lane))
                table.commit(done, at: place)
                table.skip(lanes.subtracting(done), to: place)
                open = open.preferringTicks(of: place)
                pending = pending.dropFirst(count)
                limit = isolatesNext ? 1 : max(1, pending.count)
                isolatesNext = false
                isLeaving = !mayGoOn()
                tally(count, "committed")
            case .failed(let index, _) where index > 0:
                limit = index
                isolatesNext = true
            case .failed where slice.count > 1: limit = 1
            case .failed(_, let error as Cancel):
                logger.info("a receiver cancelled a record", metadata: metadata(slice.first, error))
                tally(1, "cancelled")
                cancelled = true
            case .refused where slice.count > 1: limit = slice.count / 2
            case .failed(_, let error), .refused(let error):
                guard let culprit = slice.first else { break }
                block(culprit, error, before: open, in: &table)
                lanes.remove(culprit.lane)
                pending.removeAll { $0.lane == culprit.lane }
                limit = max(1, pending.count)
                isLeaving = !mayGoOn()
            case .transient(let error): return error
            }
        }
        skip(lanes, before: pending.first, of: batch, open, in: &table)
        return nil
    }

    /// Stops a lane before the record that failed, or that met a lock.
    private func block(_ culprit: Record, _ error: any Error, before open: LanePlace, in table: inout LaneTable) {
        let isFailure = (error as? PostgresError)?.sqlState?.isContention != true
        let lane = table.lanes[culprit.lane]
        let attempts = (isFailure ? lane?.failures : lane?.stalls).map { $0 + 1 } ?? 1
        let delay = configuration.retryBackoff.delay(afterAttempt: attempts)
        var place = open
        place.lastID = culprit.id - 1
        table.block(culprit.lane, at: place, until: .now + delay, isFailure: isFailure)
        tally(1, isFailure ? "failed" : "stalled")
        var metadata = metadata(culprit, error)
        metadata["attempt"] = "\(attempts)"
        metadata["retry.in"] = "\(delay)"
        logger.info(
            isFailure
                ? "a receiver failed; its lane waits and tries again"
                : "a receiver met a lock; its lane waits and tries again",
            metadata: metadata
        )
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

    private func tally(_ count: Int, _ outcome: String) {
        Counter(
            label: "heliograph_worker_records_total",
            dimensions: [("subscription", subscription.name), ("outcome", outcome)]
        ).increment(by: count)
    }

    private func metadata(_ record: Record?, _ error: any Error) -> Logger.Metadata {
        guard let record else { return ["error": "\(error)"] }
        return [
            "record.id": "\(record.id)", "record.sender": "\(record.sender)", "lane": "\(record.lane)",
            "error": "\(error)",
        ]
    }
}
