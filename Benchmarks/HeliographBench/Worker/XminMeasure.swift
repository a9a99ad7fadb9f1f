import Heliograph

/// A backlog while a transaction is open from before it until after it, which keeps everything it might still see.
struct XminMeasure {
    let area: WorkerArea

    func run() async throws {
        let contestants = [Contestant.batch, .each]
        var free: [Contestant: [Double]] = [:]
        var held: [Contestant: [Double]] = [:]
        for round in 0...area.rounds {
            for contestant in contestants {
                let backlog = Backlog(area: area, contestant: contestant)
                for isHeld in round.isMultiple(of: 2) ? [false, true] : [true, false] {
                    let rate = isHeld ? try await heldRate(backlog) : try await backlog.rate()
                    if round == 0 { continue }
                    if isHeld {
                        held[contestant, default: []].append(rate)
                    } else {
                        free[contestant, default: []].append(rate)
                    }
                }
            }
            if area.isQuick { return }
        }
        for contestant in contestants {
            let (with, without) = ((held[contestant] ?? []).median, (free[contestant] ?? []).median)
            let name = "worker.xmin.\(contestant.name)"
            area.report.add("\(name).rate", with, "profiles/s while a transaction is open", rounds: area.rounds)
            area.report.add(name, with / without, "ratio to none open", .atLeast(0.95), rounds: area.rounds)
        }
    }

    private func heldRate(_ backlog: Backlog) async throws -> Double {
        try await area.withConnection(backlog.contestant) { holder in
            try await holder.query("BEGIN")
            try await holder.query("SELECT txid_current()")
            let rate = try await backlog.rate()
            try await holder.query("ROLLBACK")
            return rate
        }
    }
}
