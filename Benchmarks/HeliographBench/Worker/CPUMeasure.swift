/// CPU and memory for Profiles of a backlog, worker and server together.
struct CPUMeasure {
    let area: WorkerArea

    func run() async throws {
        let contestants = [(Contestant.each, 0.9), (.batch, 0.35)]
        var costs: [Contestant: [Backlog.Cost]] = [:]
        for (contestant, _) in contestants { try await area.register(contestant) }
        for round in 0...area.rounds {
            for (contestant, _) in contestants {
                let backlog = Backlog(area: area, contestant: contestant)
                let cost = try await backlog.cost { _ in
                    // The looking is paid for as well.
                    try await backlog.finish()
                }
                if round > 0 { costs[contestant, default: []].append(cost) }
            }
            if area.isQuick { return }
        }
        for (contestant, goal) in contestants {
            let costs = costs[contestant] ?? []
            let share = 10_000 / Double(contestant.backlog)
            let unit = "CPU s for 10000 Profiles of a backlog of \(contestant.backlog)"
            func add(_ name: String, _ unit: String, _ goal: Measure.Goal = .none, _ value: (Backlog.Cost) -> Double) {
                area.report.add(name, costs.map(value).median, unit, goal, rounds: area.rounds)
            }
            add("worker.cpu.\(contestant.name)", unit + ", worker and server", .atMost(goal)) { $0.cpu * share }
            add("worker.cpu.\(contestant.name).worker", unit + ", worker") { $0.worker * share }
            add("worker.cpu.\(contestant.name).server", unit + ", server") { $0.server * share }
            add(
                "worker.memory.\(contestant.name)", "MB resident at most, a backlog of \(contestant.backlog)",
                .atMost(60), \.peak)
        }
    }
}
