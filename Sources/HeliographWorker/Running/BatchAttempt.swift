import HeliographLog
import HeliographModels
import HeliographPostgres

/// One transaction: the receivers' effects on some records and the position after them.
struct BatchAttempt {
    let processor: BatchProcessor
    let records: ArraySlice<Record>
    /// The place in the open window before these records.
    let open: LanePlace
    /// Whether the window is done with them.
    let completes: Bool
    /// Whether the records are only to be stepped over.
    let skipsReceivers: Bool

    enum Outcome {
        /// The first records are committed with their effects, and their lanes' position is this.
        case committed(Int, LanePlace)
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
            case .committed(let done, _): count = done
            case let outcome: return outcome
            }
        }
        let isWhole = completes && count == records.count
        let place = isWhole ? LanePlace(lo: named.hi ?? named.lo, hi: nil, lastID: 0) : place(named, after: count)
        let lanes = Set(records.prefix(count).map(\.lane)).sorted()
        do {
            try await processor.session.commit(lanes, of: table, at: place)
        } catch let error as BatchRefused {
            return try await classify(error.error) { .refused(error.error) }
        }
        await processor.signals.tellCommitted()
        for transaction in transactions { await transaction.runAfterCommit() }
        return .committed(count, place)
    }

    private func place(_ named: LanePlace, after count: Int) -> LanePlace {
        var place = named
        if let last = records.prefix(count).last { place.lastID = last.id }
        return place
    }

    /// Runs the receiver for each record, as long as the batch's time lasts.
    private func runReceivers(_ transactions: inout [Transaction]) async throws -> Outcome {
        let start = ContinuousClock.now
        var done = 0
        for record in records {
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
