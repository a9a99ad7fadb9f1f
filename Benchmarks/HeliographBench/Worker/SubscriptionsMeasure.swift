import HeliographTesting

/// Many subscriptions on one table: what each costs beside the others, and what their being there costs writers.
struct SubscriptionsMeasure {
    let area: WorkerArea

    private static let contestants = [(Contestant.one, 1), (.sixteen, 16)]

    func run() async throws {
        for (contestant, _) in Self.contestants { try await area.register(contestant) }
        try await reading()
        try await writing()
    }

    /// CPU of worker and server, for a record and subscription whose receiver does nothing.
    private func reading() async throws {
        var costs: [Contestant: [Double]] = [:]
        for round in 0...area.rounds {
            for (contestant, subscriptions) in Self.contestants {
                let backlog = Backlog(area: area, contestant: contestant)
                let received = backlog.count * subscriptions
                let cost = try await backlog.cost(records: received) { program in
                    try await program.line(containing: ReceivedCount.line)
                    // The last commits.
                    try await Task.sleep(for: .milliseconds(200))
                }
                if round > 0 { costs[contestant, default: []].append(cost.cpu / Double(received) * 1e6) }
            }
            if area.isQuick { return }
        }
        let (one, sixteen) = ((costs[.one] ?? []).median, (costs[.sixteen] ?? []).median)
        let unit = "CPU us a record and subscription, worker and server"
        area.report.add("worker.subscriptions.one", one, unit + ", 1", rounds: area.rounds)
        area.report.add("worker.subscriptions.sixteen", sixteen, unit + ", 16", rounds: area.rounds)
        area.report.add(
            "worker.subscriptions.reading", sixteen / one, "ratio of 16 subscriptions to 1", .atMost(2),
            rounds: area.rounds)
    }

    /// Commits of one writer, while nobody works. It does not wait for the disk, which would hide what it pays.
    private func writing() async throws {
        var ratios: [Double] = []
        for round in 0...area.rounds {
            var rates: [Contestant: Double] = [:]
            for (contestant, _) in round.isMultiple(of: 2) ? Self.contestants : Self.contestants.reversed() {
                let bench = Pgbench(
                    cluster: area.cluster, target: area.target(contestant),
                    script: """
                        INSERT INTO users (username, email) VALUES ('user', gen_random_uuid()::text || '@example.org');
                        """,
                    clients: 1, isSynchronous: false)
                rates[contestant] = try await bench.rate(seconds: area.isQuick ? 1 : 3)
            }
            if round > 0 { ratios.append((rates[.sixteen] ?? .nan) / (rates[.one] ?? .nan)) }
            if area.isQuick { return }
        }
        area.report.add(
            "worker.subscriptions.writers", ratios.median, "ratio of a writer's commits/s with 16 subscriptions to 1",
            .atLeast(0.97), rounds: area.rounds)
    }
}
