import HeliographLog
import HeliographModels
import HeliographPostgres

/// One transaction: the receivers' effects on some records and the position after them.
struct BatchAttempt {
    /// Where the records are from.
    enum Source {
        /// A window of the log. `completes`: it is done with them.
        case window(completes: Bool)
        /// Parked ones of one key, with their numbers. The lane stays where it is.
        case parked(ArraySlice<Int64>, lane: Int)
    }

    let processor: BatchProcessor
    let records: ArraySlice<Record>
    let source: Source
    /// The place in the open window before these records.
    let open: LanePlace
    /// Records that are not received but parked, by their numbers; of one that is parked, how it is from now on.
    var parkings: [Int64: Parking] = [:]
    /// Whether the records are only to be stepped over.
    var skipsReceivers = false

    enum Outcome {
        /// The first records are committed with their effects, and their lanes' position is this. The numbers under which some have been
        /// parked, in their order.
        case committed(Int, LanePlace, parked: [Int64] = [])
        /// Nothing is committed; the receiver failed with the record at this place.
        case failed(Int, any Error)
        /// Nothing is committed; which record is to blame is not known.
        case refused(any Error)
        /// Nothing is committed, and no record is to blame: the server is in a bad way.
        case transient(any Error)
    }

    private var connection: Connection { processor.session.connection }

    /// - Throws: ``Doubt``; `CancellationError`.
    func run(_ table: LaneTable) async throws -> Outcome {
        let named: LanePlace
        do {
            named = try await processor.session.begin(open, origin: processor.configuration.origin)
        } catch {
            return try await classify(error) { .transient(error) }
        }
        var transactions: [Transaction] = []
        var count = records.count
        if !skipsReceivers {
            switch try await runReceivers(&transactions) {
            case .committed(let done, _, _): count = done
            case let outcome: return outcome
            }
        }
        let place = place(named, after: count)
        var parked: [Int64] = []
        do {
            let rows = try await processor.session.commit(
                lanes(of: records.prefix(count)), of: table, at: place, deliveries: deliveryStatements(count))
            if case .window = source { parked = try rows.first?.first?.decode(0) ?? [] }
        } catch let error as BatchRefused {
            return try await classify(error.error) { .refused(error.error) }
        }
        await processor.signals.tellCommitted()
        for transaction in transactions { await transaction.runAfterCommit() }
        return .committed(count, place, parked: parked)
    }

    private func place(_ named: LanePlace, after count: Int) -> LanePlace {
        guard case .window(let completes) = source else { return named }
        if completes, count == records.count { return LanePlace(lo: named.hi ?? named.lo, hi: nil, lastID: 0) }
        var place = named
        if let last = records.prefix(count).last { place.lastID = last.id }
        return place
    }

    private func lanes(of committed: ArraySlice<Record>) -> [Int] {
        switch source {
        case .window: Set(committed.map(\.lane)).sorted()
        case .parked(_, let lane): [lane]
        }
    }

    /// What becomes of the parked ones among the first records, and of those to be parked.
    private func deliveryStatements(_ count: Int) -> [SQL] {
        let session = processor.session
        switch source {
        case .window:
            let parked = records.prefix(count).compactMap { record in parkings[record.id].map { (record, $0) } }
            return parked.isEmpty ? [] : [session.park(parked, processor.subscription.retry)]
        case .parked(let deliveries, _):
            if let delivery = deliveries.first, let record = records.first, let parking = parkings[record.id] {
                return [session.fail(delivery, parking)]
            }
            return [session.finish(Array(deliveries.prefix(count)))]
        }
    }

    /// Runs the receiver for each record, as long as the batch's time lasts.
    private func runReceivers(_ transactions: inout [Transaction]) async throws -> Outcome {
        let start = ContinuousClock.now
        var done = 0
        for record in records {
            if parkings[record.id] != nil {
                done += 1
                continue
            }
            let transaction = Transaction(
                connection: connection, signals: processor.signals, logger: processor.logger
            )
            do {
                try await processor.subscription.receive(record, transaction)
                transaction.end()
                // A receiver that ignored an error outside a savepoint has lost the whole transaction, whatever it thinks.
                if await connection.isInFailedTransaction {
                    throw PostgresError(
                        .transactionAborted,
                        "the receiver ignored the error of a statement: use a savepoint for what may fail",
                        sqlState: .inFailedTransaction
                    )
                }
            } catch {
                transaction.end()
                return try await classify(error) { .failed(done, error) }
            }
            transactions.append(transaction)
            done += 1
            if done < records.count, ContinuousClock.now - start > processor.configuration.batchTime { break }
        }
        return .committed(done, open)
    }

    /// Undoes the transaction and tells a bad moment from a bad record.
    private func classify(_ error: any Error, otherwise: () -> Outcome) async throws -> Outcome {
        // Only our own: a receiver may throw a CancellationError for reasons of its own.
        if Task.isCancelled {
            await connection.rollBack()
            throw CancellationError()
        }
        if let error = error as? Doubt { throw error }
        // Only this connection counts: a receiver's error may be of another one.
        guard await connection.isOpen else { throw Doubt(error: error) }
        await connection.rollBack()
        if let error = error as? PostgresError, error.isTransient, error.sqlState?.isContention != true {
            return .transient(error)
        }
        return otherwise()
    }
}
