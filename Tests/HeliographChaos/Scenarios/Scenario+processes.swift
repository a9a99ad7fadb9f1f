import Heliograph
import HeliographTesting

extension Scenario {
    static let calm = Scenario(
        name: "calm", summary: "nothing is broken: what the others are compared with",
        disturb: { stage in
            try await stage.repeatedly { _ in
                try await stage.measureRecovery(since: .now)
                try await stage.pause(milliseconds: 50...400)
            }
        })

    static let kill = Scenario(
        name: "kill", summary: "SIGKILL of a worker, again and again", goal: .seconds(1),
        disturb: { stage in
            try await stage.repeatedly { round in
                let victim = stage.draw(0...1)
                try await stage.fleet.ready(victim)
                let start = ContinuousClock.now
                // Its supervisor starts it again at once, or the other one has to take over.
                stage.fleet.kill(victim, absence: round % 3 == 1 ? .seconds(2) : .zero)
                // Now and then both at once: then nobody is there to take over.
                if round % 3 == 2 { stage.fleet.send(.kill, to: 1 - victim) }
                try await stage.measureRecovery(since: start)
                try await stage.pause(milliseconds: 50...400)
            }
        })

    static let storm = Scenario(
        name: "storm",
        summary: "SIGKILL of all workers as soon as they are at work, again and again: no record is to blame",
        workers: { stage in
            for number in 1...2 { stage.fleet.add(stage.plan(number) { $0.slowness = 20 }) }
        },
        disturb: { stage in
            try await stage.repeatedly { _ in
                for number in 0..<stage.fleet.size { try await stage.fleet.ready(number) }
                try await stage.pause(milliseconds: 50...300)
                for number in 0..<stage.fleet.size { stage.fleet.send(.kill, to: number) }
            }
            try await stage.measureRecovery(since: .now)
        })

    static let freeze = Scenario(
        name: "freeze", summary: "SIGSTOP of a worker for longer than every time-out, then SIGCONT: it must not commit",
        workers: { stage in
            for number in 1...2 {
                stage.fleet.add(
                    stage.plan(number) {
                        $0.silenceLimit = 1
                        $0.timeout = 1
                        // So that it is mostly frozen in the middle of a transaction.
                        $0.slowness = 25
                    })
            }
        },
        disturb: { stage in
            try await stage.repeatedly { round in
                let victim = round % 2
                try await stage.fleet.ready(victim)
                try await stage.pause(milliseconds: 300...600)
                let start = try await stage.freeze(victim)
                do {
                    // The lanes of the frozen one are taken over when the server ends its sessions.
                    try await stage.measureRecovery(since: start)
                    try await stage.pause(milliseconds: 100...1_000)
                } catch {
                    stage.fleet.send(.proceed, to: victim)
                    throw error
                }
                stage.fleet.send(.proceed, to: victim)
                try await stage.pause(milliseconds: 100...600)
                try await stage.served()
            }
        })

    static let shutdown = Scenario(
        name: "shutdown", summary: "SIGTERM of a worker, again and again: it ends in order",
        disturb: { stage in
            try await stage.repeatedly { _ in
                let victim = stage.draw(0...1)
                try await stage.fleet.ready(victim)
                let start = ContinuousClock.now
                stage.fleet.send(.terminate, to: victim)
                try await stage.measureRecovery(since: start)
                try await stage.pause(milliseconds: 50...400)
            }
            let bad = stage.fleet.endings.filter { $0 != 0 }
            if !bad.isEmpty { stage.complain("workers ended with status \(bad) after SIGTERM") }
        })

    static let clock = Scenario(
        name: "clock", summary: "the workers' time of day jumps by up to a day, to and fro",
        evidence: ClockJumps.isPossible ? [ClockJumps.word] : [],
        workers: { stage in
            for number in 1...2 { stage.fleet.add(stage.plan(number) { $0.clockJump = 86_400 }) }
        },
        disturb: { stage in
            try await stage.repeatedly { _ in
                let start = ContinuousClock.now
                try await stage.measureRecovery(since: start)
                try await stage.pause(milliseconds: 100...400)
            }
        })
}

extension Stage {
    /// Freezes a worker in the middle of a transaction.
    /// - Returns: when.
    func freeze(_ number: Int) async throws -> ContinuousClock.Instant {
        try await arena.withConnection { connection in
            for _ in 0..<200 {
                let start = ContinuousClock.now
                fleet.send(.stop, to: number)
                let row = try await connection.query(
                    """
                    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                        AND application_name = \(fleet.name(of: number)) AND state = 'idle in transaction'
                    """
                ).first
                if try row?.decode(0, as: Int.self) ?? 0 > 0 { return start }
                fleet.send(.proceed, to: number)
                try await pause(milliseconds: 1...20)
            }
            throw Mishap(cause: "since worker \(number) is never in a transaction")
        }
    }
}
