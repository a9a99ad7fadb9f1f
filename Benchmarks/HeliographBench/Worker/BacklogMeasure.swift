/// A backlog of users, one worker process (and two): Profiles a second, from the start of the process's work to the last commit.
struct BacklogMeasure {
    let area: WorkerArea
    let contestants: [Contestant]

    func run() async throws {
        var rates: [Contestant: [Double]] = [:]
        var pairs: [Double] = []
        for round in 0...area.rounds {
            for contestant in contestants {
                let rate = try await Backlog(area: area, contestant: contestant).rate()
                if round > 0 { rates[contestant, default: []].append(rate) }
            }
            if area.isQuick { break }
            let pair = try await Backlog(area: area, contestant: .batch).rate(processes: 2)
            if round > 0 { pairs.append(pair) }
        }
        guard !area.isQuick else { return }
        let medians = rates.mapValues(\.median)
        let rounds = area.rounds
        for contestant in contestants {
            area.report.add(
                "worker.backlog.\(contestant.name)", medians[contestant] ?? .nan, "profiles/s",
                contestant == .each ? .atLeast(18_000) : .none, rounds: rounds)
        }
        func ratio(_ one: Contestant, _ other: Contestant) -> Double {
            (medians[one] ?? .nan) / (medians[other] ?? .nan)
        }
        area.report.add(
            "worker.backlog.each.skip-locked", ratio(.each, .skipLocked), "ratio to SKIP LOCKED by hand", .atLeast(1.8),
            rounds: rounds)
        area.report.add(
            "worker.backlog.batch.set-based", ratio(.batch, .setBased), "ratio to sets by hand", .atLeast(1.1),
            rounds: rounds)
        for peer in [Contestant.pgQueuer, .oban] where contestants.contains(peer) {
            area.report.add(
                "worker.backlog.each.\(peer.name)", ratio(.each, peer), "ratio to \(peer.name)", .atLeast(12),
                rounds: rounds)
        }
        area.report.add(
            "worker.backlog.batch.two", pairs.median / (medians[.batch] ?? .nan), "ratio of two processes to one",
            .atLeast(1.5), rounds: rounds)
    }
}
