import HeliographLog
import HeliographModels
import HeliographPostgres

/// One transaction: the receivers' effects on some records and the position after them.
struct BatchAttempt {
    /// Where the records are from.
    enum Source {
        /// The log, or a chunk of a backfill. `isLast`: nothing that was read is behind them.
        case log(Course, isLast: Bool)
        /// Parked ones of one key, with their numbers. The lane stays where it is.
        case parked(ArraySlice<Int64>, lane: Int)
    }

    let processor: BatchProcessor
    let receiver: Subscription.Transactional
    let records: ArraySlice<Record>
    let source: Source
    /// The place in the open window before these records.
    let open: LanePlace
    /// Records that are not received but parked, by their numbers; of one that is parked, how it is from now on.
    var parkings: [Int64: Parking] = [:]
    /// Whether the records are only to be stepped over.
    var skipsReceivers = false
    /// Whether what is received has been named before.
    var isOnProbation = false

    enum Outcome {
        /// The first records are committed with their effects, and their lanes' position is this. The numbers under which some have been
        /// parked, in their order.
        case committed(Int, LanePlace, parked: [Int64] = [])
        /// Nothing is committed; the receiver failed with the record at this place.
        case failed(Int, any Error)
        /// Nothing is committed; which record is to blame is not known.
        case refused(any Error)
        /// Nothing is committed: the receivers cannot work at the same time, and are to be run one after the other.
        case again
        /// Nothing is committed, and no record is to blame: the server is in a bad way.
        case transient(any Error)
    }

    private var store: any LaneStore { processor.store }

    /// - Throws: ``Doubt``; `CancellationError`.
    func run(_ table: LaneTable) async throws -> Outcome {
        processor.pulse.step()
        guard !skipsReceivers else { return try await attempt(table, traceparent: nil) }
        return try await processor.tracing.span(of: records) { span in
            let outcome = try await attempt(table, traceparent: span?.traceparent)
            switch outcome {
            case .failed(_, let error), .refused(let error), .transient(let error): span?.fail(error)
            case .committed, .again: break
            }
            return outcome
        }
    }

    private func attempt(_ table: LaneTable, traceparent: String?) async throws -> Outcome {
        let transaction = store.transaction(
            for: .init(
                origin: processor.configuration.origin, traceparent: traceparent,
                depth: (records.first?.causalDepth ?? 0) + 1), isDurable: false)
        var hooks: SharedRun.Hooks = []
        var count = records.count
        if !skipsReceivers {
            switch try await runReceivers(transaction, &hooks) {
            case .committed(let done, _, _): count = done
            case let outcome: return outcome
            }
        }
        let place: LanePlace
        let parked: [Int64]
        do {
            let lanes = lanes(of: records.prefix(count))
            var changes = changes(count)
            if isOnProbation { changes.append(.finishAnnounced(worker: processor.worker)) }
            (place, parked) = try await transaction.commit(lanes, of: table, at: self.place(after: count), changes)
        } catch let error as BatchRefused {
            return try await classify(error.error) { .refused(error.error) }
        }
        await tellCommitted(hooks)
        return .committed(count, place, parked: parked)
    }

    /// In a task of its own, since the loop runs where all answers arrive, and hooks may take their time.
    private func tellCommitted(_ hooks: SharedRun.Hooks) async {
        guard !hooks.isEmpty || processor.signals.hearsCommits else { return }
        let (signals, pulse, logger) = (processor.signals, processor.pulse, processor.logger)
        await processor.keeper.during(.calls) {
            let task = Task {
                await signals.tellCommitted()
                for hook in hooks {
                    await Transaction.run([hook], logger: logger)
                    pulse.step()
                }
            }
            await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                task.cancel()
            }
        }
    }

    private func place(after count: Int) -> LanePlace {
        guard case .log(let course, let isLast) = source else { return open }
        if isLast, count == records.count { return course.end }
        return records.prefix(count).last.map(course.place(after:)) ?? open
    }

    private func lanes(of committed: ArraySlice<Record>) -> [Int] {
        switch source {
        case .log: Set(committed.map(\.lane)).sorted()
        case .parked(_, let lane): [lane]
        }
    }

    /// What becomes of the parked ones among the first records, and of those to be parked.
    private func changes(_ count: Int) -> [LaneChange] {
        switch source {
        case .log:
            let parked = records.prefix(count).compactMap { record in parkings[record.id].map { (record, $0) } }
            return parked.isEmpty ? [] : [.park(parked)]
        case .parked(let deliveries, _):
            if let delivery = deliveries.first, let record = records.first, let parking = parkings[record.id] {
                return [.fail(delivery, parking)]
            }
            return [.finish(Array(deliveries.prefix(count)))]
        }
    }

    /// Runs the receiver for the records that are not to be parked.
    private func runReceivers(
        _ transaction: any LaneTransaction, _ hooks: inout SharedRun.Hooks
    ) async throws -> Outcome {
        switch receiver {
        case .batch(let receive):
            let wanted = parkings.isEmpty ? Array(records) : records.filter { parkings[$0.id] == nil }
            guard !wanted.isEmpty else { return .committed(records.count, open) }
            return try await runOnce(wanted, receive, transaction, &hooks)
        case .each(let receive):
            let wanted = zip(0..., records).filter { parkings[$0.1.id] == nil }.map { (place: $0.0, record: $0.1) }
            guard !wanted.isEmpty else { return .committed(records.count, open) }
            guard wanted.count > 1, !processor.exclusivity.isNeeded else {
                return try await runOneByOne(wanted, receive, transaction, &hooks)
            }
            let run = SharedRun(
                subscription: processor.subscription, transaction: transaction,
                signals: processor.signals, logger: processor.logger)
            switch await run.run(wanted, receive) {
            case .done(let taken):
                hooks = taken
                return .committed(records.count, open)
            case .failed(let place, let error): return try await classify(error) { .failed(place, error) }
            case .broken(let error): return try await classify(error) { .transient(error) }
            case .needsExclusive:
                processor.exclusivity.need()
                await store.rollBack()
                try Task.checkCancellation()
                return .again
            case .late(let places):
                return try await abandon(
                    places.map { records[records.startIndex + $0] }, of: places.isEmpty ? wanted.count : 1)
            }
        }
    }

    /// One after the other, as long as the batch's time lasts.
    private func runOneByOne(
        _ wanted: [(place: Int, record: Record)], _ receive: @escaping Subscription.Receive,
        _ transaction: any LaneTransaction, _ hooks: inout SharedRun.Hooks
    ) async throws -> Outcome {
        let start = ContinuousClock.now
        for (place, record) in wanted {
            if place > 0, ContinuousClock.now - start > processor.configuration.batchTime {
                return .committed(place, open)
            }
            switch await timed(transaction, { try await receive(record, $0) }) {
            case .success(let taken): hooks += taken
            case .failure(is ReceiverTimeout): return try await abandon([record], of: 1)
            case .failure(let error): return try await classify(error) { .failed(place, error) }
            }
        }
        return .committed(records.count, open)
    }

    /// All of them at once. Who is to blame for an error is not known, unless it is a single one.
    private func runOnce(
        _ wanted: [Record], _ receive: @escaping Subscription.ReceiveBatch, _ transaction: any LaneTransaction,
        _ hooks: inout SharedRun.Hooks
    ) async throws -> Outcome {
        switch await timed(transaction, { try await receive(wanted, $0) }) {
        case .success(let taken):
            hooks = taken
            return .committed(records.count, open)
        case .failure(is ReceiverTimeout): return try await abandon(wanted, of: wanted.count)
        case .failure(let error):
            return try await classify(error) { records.count == 1 ? .failed(0, error) : .refused(error) }
        }
    }

    private func timed(
        _ transaction: any LaneTransaction, _ body: @escaping @Sendable (Transaction) async throws -> Void
    ) async -> Result<SharedRun.Hooks, any Error> {
        let (signals, logger) = (processor.signals, processor.logger)
        let result = await TimedTask.run(within: processor.subscription.timeout, by: processor.timekeeper) {
            let handle = Transaction(transaction.effects, signals: signals, logger: logger)
            defer { handle.end() }
            try await body(handle)
            // A receiver that ignored an error outside a savepoint has lost the whole transaction, whatever it thinks.
            if await handle.hasFailedStatement {
                throw PostgresError(
                    .transactionAborted,
                    "the receiver ignored the error of a statement: use a savepoint for what may fail",
                    sqlState: .inFailedTransaction
                )
            }
            return handle.takeHooks()
        }
        // It may still run, with its handle in hand.
        if case .failure(is TimedTask.Abandoned) = result { await store.close() }
        return result
    }

    /// A receiver that does not return still has its handle: so its session is closed. The next one counts the try.
    private func abandon(_ hung: [Record], of count: Int) async throws -> Outcome {
        processor.hangs.note(hung.map(\.id), of: count)
        // Or its successor would think that the record has killed it.
        await store.absolve(worker: processor.worker)
        await store.close()
        throw Doubt(error: ReceiverTimeout(limit: processor.subscription.timeout))
    }

    /// Undoes the transaction and tells a bad moment from a bad record.
    private func classify(_ error: any Error, otherwise: () -> Outcome) async throws -> Outcome {
        // Only our own: a receiver may throw a CancellationError for reasons of its own.
        if Task.isCancelled {
            await store.rollBack()
            throw CancellationError()
        }
        if let error = error as? Doubt { throw error }
        // Only this session counts: a receiver's error may be of another one.
        guard await store.isOpen else { throw Doubt(error: error) }
        await store.rollBack()
        if let error = error as? PostgresError, error.isTransient, error.sqlState?.isContention != true {
            return .transient(error)
        }
        return otherwise()
    }
}
