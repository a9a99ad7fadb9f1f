import HeliographLog
import HeliographModels
import HeliographPostgres
import HeliographWorker
import Synchronization

/// The subscriptions of a run, one of each kind.
struct Receivers: Sendable {
    struct Failure: Error {}

    static let each = "each"
    static let batch = "batch"
    static let unordered = "unordered"
    static let external = "external"
    static let backfill = "backfill"
    static let all = [each, batch, unordered, external, backfill]

    let weather: Weather
    let outside: Outside
    /// Gives up those that hang.
    let hung: Hung

    /// - Parameters:
    ///   - network: of the process that runs them.
    ///   - revision: of the declaration.
    ///   - isLate: whether the one is there that begins when there are rows already.
    func subscriptions(over network: SimulatedNetwork, revision: Int, isLate: Bool) -> [Subscription] {
        let sources = [RecordFilter.Source(sender: Shop.table, operations: [.insert, .update, .delete])]
        var retry = RetryPolicy(
            maximumAttempts: 4, backoff: Backoff(initial: .milliseconds(50), maximum: .seconds(5)),
            maximumParkedPerKey: 5)
        var all = [
            Subscription(Self.each, sources: sources, revision: revision, lanes: 5, start: .beginning, retry: retry) {
                record, tx in try await act([record], tx)
            },
            Subscription(Self.batch, batchesOf: sources, lanes: 3, start: .beginning, retry: retry) { records, tx in
                try await act(records, tx)
            },
            Subscription(
                Self.external, externalOn: sources, lanes: 4, start: .beginning, retry: retry, concurrency: 3
            ) { record, call in
                try await misbehave()
                guard await network.carry({ outside.tell(record, call) }) else { throw Failure() }
                try await misbehave()
            },
        ]
        if isLate {
            all.append(
                Subscription(Self.backfill, sources: sources, lanes: 4, start: .backfill, retry: retry) { record, tx in
                    try await act([record], tx)
                })
        }
        retry.order = .unordered
        all.append(
            Subscription(Self.unordered, sources: sources, lanes: 4, start: .beginning, retry: retry) { record, tx in
                try await act([record], tx)
            })
        return all
    }

    private func act(_ records: [Record], _ tx: Transaction) async throws {
        try await misbehave()
        for record in records {
            try await tx.execute("INSERT INTO effect VALUES (\(record.key ?? ""), \(Shop.words(record)))")
        }
        try await misbehave()
    }

    private func misbehave() async throws {
        if weather.isReceiverSlow { try await Task.sleep(for: Chance.time(upTo: .seconds(2))) }
        if weather.isReceiverHanging { await hung.wait() }
        if weather.isReceiverFailing { throw Failure() }
    }
}
