import Heliograph

/// The subscriptions of a worker process.
struct Receivers: Sendable {
    let plan: WorkerPlan
    private let mood: Mood

    init(plan: WorkerPlan) {
        self.plan = plan
        mood = Mood(plan: plan)
    }

    private static let sources: [RecordFilter.Source] = [
        .init(sender: WorkerPlan.sender, operations: [.insert, .update, .delete])
    ]

    var subscriptions: [Subscription] { plan.kinds.map(subscription) }

    private func subscription(_ kind: WorkerPlan.Kind) -> Subscription {
        let ledger = Ledger(receiver: kind, plan: plan)
        let mood = mood
        let retry = RetryPolicy(maximumAttempts: plan.maximumAttempts)
        if kind == .batch {
            return Subscription(
                kind.rawValue, batchesOf: Self.sources, revision: plan.revision, lanes: WorkerPlan.laneCount,
                start: .beginning, retry: retry, timeout: .seconds(plan.timeout)
            ) { records, tx in
                let changes = try records.map(Change.init)
                let moment = try await mood.before(changes, tx)
                try await tx.execute(ledger.entries(changes))
                try await mood.during(moment, tx)
                try await tx.execute(ledger.counts(changes))
                try await mood.after(moment, tx)
            }
        }
        return Subscription(
            kind.rawValue, sources: Self.sources, revision: plan.revision, lanes: WorkerPlan.laneCount,
            start: .beginning,
            retry: retry, timeout: .seconds(plan.timeout)
        ) { record, tx in
            let change = try Change(record)
            let moment = try await mood.before([change], tx)
            try await tx.execute(ledger.entry(change))
            try await mood.during(moment, tx)
            try await tx.execute(ledger.count(change))
            let pair = abs(change.key) % Schema.sharedPairs
            let shared = [pair, pair + Schema.sharedPairs]
            if kind == .forth || kind == .back {
                for id in kind == .forth ? shared : shared.reversed() {
                    try await tx.execute(ledger.touch(id))
                    try await mood.linger()
                }
            }
            try await mood.after(moment, tx)
        }
    }
}
