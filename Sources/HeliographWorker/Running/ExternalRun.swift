import HeliographLog
import HeliographPostgres

/// Calls a receiver that acts on the outside world, for records in the order of the log: several calls at the same time, those of one
/// row one after the other.
struct ExternalRun {
    let receiver: Subscription.External
    let timeout: Duration
    let concurrency: Int
    /// So many records at most in one call of a receiver of batches.
    let batchSize: Int
    /// Whether records behind a failed one of their row wait for it.
    let isOrdered: Bool
    /// Told of each call that has ended.
    let pulse: SubscriptionPulse
    let tracing: ReceiverTracing
    let timekeeper: Timekeeper
    let makeCall: @Sendable (_ first: Item, _ count: Int) -> ExternalCall

    struct Item: Sendable {
        let record: Record
        /// How often it has failed before.
        let failures: Int
    }

    /// What came of a record.
    enum Outcome: Sendable {
        case done
        case failed(any Error)
        /// Not called for, because one of its row before it has failed.
        case behind
    }

    private typealias Outcomes = [Int64: Outcome]

    /// What has been seen while calls are on their way.
    private struct Progress {
        var outcomes: Outcomes = [:]
        var failedKeys: Set<Int32> = []
        /// Of calls on their way.
        var busyKeys: Set<Int32> = []
        var callCount = 0
        var failures = 0
        var hasSucceeded = false
        /// Somebody asks to wait.
        var isUnavailable = false

        mutating func begin(_ items: [Item]) {
            callCount += 1
            busyKeys.formUnion(items.map(\.record.keyHash))
        }

        mutating func end(_ items: [Item], _ ended: Outcomes) {
            callCount -= 1
            busyKeys.subtract(items.map(\.record.keyHash))
            for item in items {
                switch ended[item.record.id] {
                case .done: hasSucceeded = true
                case .failed(let error):
                    isUnavailable = isUnavailable || error is Unavailable
                    failures += 1
                    failedKeys.insert(item.record.keyHash)
                case .behind, nil: break
                }
            }
            outcomes.merge(ended) { first, _ in first }
        }
    }

    /// - Parameter deadline: no call is begun after it, but the first.
    /// - Returns: what came of the first ones; those behind them have not been called for.
    func run(_ items: [Item], until deadline: ContinuousClock.Instant) async -> [Int64: Outcome] {
        await withTaskGroup(of: (items: [Item], outcomes: Outcomes).self) { group in
            var progress = Progress()
            var rest = items[...]
            while !rest.isEmpty, !Task.isCancelled {
                let next = rest.prefix(size)
                // In this order, so that those that have been called for are the first ones. For a row on its way they all wait.
                while progress.callCount >= concurrency
                    || progress.callCount > 0 && next.contains(where: { progress.busyKeys.contains($0.record.keyHash) })
                {
                    guard let (items, outcomes) = await group.next() else { break }
                    progress.end(items, outcomes)
                }
                if progress.isUnavailable { break }
                // When nothing works, calling for the rest would only be slow.
                if !progress.hasSucceeded, progress.failures >= OutageBreaker.threshold { break }
                if rest.startIndex > items.startIndex, .now > deadline { break }
                rest = rest.dropFirst(size)
                let isBehind: (Item) -> Bool = { isOrdered && progress.failedKeys.contains($0.record.keyHash) }
                for item in next where isBehind(item) { progress.outcomes[item.record.id] = .behind }
                let wanted = next.filter { !isBehind($0) }
                guard !wanted.isEmpty else { continue }
                progress.begin(wanted)
                group.addTask { (wanted, await call(wanted[...])) }
            }
            for await (items, outcomes) in group { progress.end(items, outcomes) }
            return progress.outcomes
        }
    }

    private var size: Int {
        switch receiver {
        case .each: 1
        case .batch: batchSize
        }
    }

    private func call(_ items: ArraySlice<Item>) async -> Outcomes {
        guard let first = items.first, !Task.isCancelled else { return [:] }
        let call = makeCall(first, items.count)
        let records = items.map(\.record)
        let result = await tracing.span(of: records) { span in
            let result = await TimedTask.run(within: timeout, by: timekeeper) {
                switch receiver {
                case .each(let receive): try await receive(first.record, call)
                case .batch(let receive): try await receive(records, call)
                }
            }
            if case .failure(let error) = result { span?.fail(error) }
            return result
        }
        pulse.step()
        switch result {
        case .success: return outcomes(of: items, .done)
        // Cancelled from outside: nothing is known, and nothing more to be called for.
        case .failure(is TimedTask.Abandoned): return [:]
        case .failure(let error) where items.count == 1 || error is Unavailable:
            // Whoever asks to wait means all of them: those behind the first have not been called for.
            return outcomes(of: items.prefix(1), .failed(error))
        case .failure: return await bisect(items)
        }
    }

    /// Calls for both halves, until the records to blame are alone.
    private func bisect(_ items: ArraySlice<Item>) async -> Outcomes {
        let middle = items.startIndex + items.count / 2
        var found = await call(items[..<middle])
        var failed: Set<Int32> = []
        var failures = 0
        for item in items[..<middle] {
            // Somebody asked to wait.
            guard let outcome = found[item.record.id] else { return found }
            if case .done = outcome { continue }
            failures += 1
            failed.insert(item.record.keyHash)
        }
        if failures == middle - items.startIndex, failures >= OutageBreaker.threshold { return found }
        let isBehind: (Item) -> Bool = { isOrdered && failed.contains($0.record.keyHash) }
        let behind = items[middle...].filter(isBehind)
        let wanted = items[middle...].filter { !isBehind($0) }
        let other = await call(wanted[...])
        // What stands behind a record that was not called for is not, either.
        if wanted.allSatisfy({ other[$0.record.id] != nil }) {
            found.merge(outcomes(of: behind[...], .behind)) { first, _ in first }
        }
        return found.merging(other) { first, _ in first }
    }

    private func outcomes(of items: ArraySlice<Item>, _ outcome: Outcome) -> Outcomes {
        Dictionary(items.map { ($0.record.id, outcome) }, uniquingKeysWith: { first, _ in first })
    }
}
