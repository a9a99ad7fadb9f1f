import HeliographLog
import HeliographModels
import HeliographPostgres
import Logging
import Synchronization

/// Runs a receiver for many records at the same time, in one transaction: those of a key one after the other, the others side by
/// side, so that their statements travel together.
struct SharedRun {
    typealias Hooks = [@Sendable () async throws -> Void]

    let subscription: Subscription
    let transaction: any LaneTransaction
    let signals: ModelSignals
    let logger: Logger

    enum Outcome {
        /// All have returned; what they want done after the commit, in the order of the records.
        case done(Hooks)
        /// The receiver failed with the record at this place.
        case failed(Int, any Error)
        /// One of them needs the transaction for itself.
        case needsExclusive
        /// Not all have returned: those at these places do not, as it seems; none, if they were just too many.
        case late([Int])
        /// The connection is in doubt.
        case broken(any Error)
    }

    private final class Results: Sendable {
        struct State {
            var hooks: [Int: Hooks] = [:]
            var errors: [Int: any Error] = [:]
        }
        let state = Mutex(State())
    }

    /// - Parameter receive: called for each record, with its own handle.
    func run(
        _ records: [(place: Int, record: Record)],
        _ receive: @escaping @Sendable (Record, Transaction) async throws -> Void
    ) async -> Outcome {
        var chains: [[(place: Int, record: Record)]] = []
        var chainOfKey: [Int32: Int] = [:]
        for entry in records {
            if let chain = chainOfKey[entry.record.keyHash] {
                chains[chain].append(entry)
            } else {
                chainOfKey[entry.record.keyHash] = chains.count
                chains.append([entry])
            }
        }
        let pipeline = SharedPipeline(receivers: chains.count) { [transaction] in try await transaction.pipeline($0) }
        let results = Results()
        let tasks = chains.map { chain in
            Task {
                await follow(chain, pipeline, results, receive)
                pipeline.end()
            }
        }
        await withTaskCancellationHandler {
            await pipeline.drive(within: subscription.timeout)
        } onCancel: {
            for task in tasks { task.cancel() }
        }
        // Those that have not ended are given up.
        for task in tasks { task.cancel() }
        let state = results.state.withLock(\.self)
        switch pipeline.verdict {
        case .needsExclusive: return .needsExclusive
        case .failed(let place, let error): return .failed(place, error)
        case .broken(let error): return .broken(error)
        case .late(let stuck): return .late(stuck)
        case .done: break
        }
        if let (place, error) = state.errors.min(by: { $0.key < $1.key }) { return .failed(place, error) }
        return .done(records.flatMap { state.hooks[$0.place] ?? [] })
    }

    private func follow(
        _ chain: [(place: Int, record: Record)], _ pipeline: SharedPipeline, _ results: Results,
        _ receive: @Sendable (Record, Transaction) async throws -> Void
    ) async {
        for (place, record) in chain {
            let handle = Transaction(
                transaction.effects, signals: signals, shared: (pipeline, place), logger: logger)
            pipeline.begin(place)
            defer { pipeline.finish(place) }
            do {
                try await receive(record, handle)
                handle.end()
                let hooks = handle.takeHooks()
                results.state.withLock { $0.hooks[place] = hooks }
            } catch {
                handle.end()
                results.state.withLock { $0.errors[place] = error }
                return
            }
        }
    }
}
