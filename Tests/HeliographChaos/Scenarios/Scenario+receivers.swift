import Heliograph
import HeliographTesting

extension Scenario {
    static let receivers = Scenario(
        name: "receivers",
        summary: "receivers throw, fail statements, ignore errors, hang, and take much memory, at random",
        evidence: ["a receiver failed", "division by zero", "the receiver did not return within"],
        workers: { stage in
            for number in 1...2 {
                let plan = stage.plan(number) { plan in
                    plan.throwing = stage.isQuick ? 1_500 : 300
                    plan.hanging = stage.isQuick ? 60 : 6
                    plan.allocating = 50
                    plan.timeout = 1
                    plan.silenceLimit = 1
                }
                stage.fleet.add(plan)
            }
        },
        disturb: { stage in
            try await stage.repeatedly { _ in try await stage.pause(milliseconds: 100...200) }
        })

    static let poison = Scenario(
        name: "poison",
        summary: "records of some keys always fail: the others go on, and after a repair and a retry so do these",
        evidence: ["the record is a dead letter"],
        workers: { stage in
            for number in 1...2 {
                let plan = stage.plan(number) { plan in
                    plan.poison = [3, 7, 11]
                    plan.maximumAttempts = 3
                }
                stage.fleet.add(plan)
            }
        },
        disturb: { stage in
            try await stage.writePoison()
            try await stage.repeatedly { _ in
                try await stage.served()
                try await stage.pause(milliseconds: 100...200)
            }
            try await stage.arena.withConnection { connection in
                try await eventually("dead letters", within: .seconds(60)) {
                    try await !ParkedRecords().list(onlyDead: true, on: connection).isEmpty
                }
                let row = try await connection.query("SELECT count(*) FROM effect WHERE key IN (3, 7, 11)").first
                if let count: Int = try row?.decode(0), count > 0 {
                    stage.complain("\(count) effects of records that fail")
                }
            }
            for number in 0..<stage.fleet.size {
                stage.fleet.replace(number) { $0.poison = [] }
                try await stage.fleet.ready(number)
                let starts = stage.fleet.starts(of: number)
                stage.fleet.send(.terminate, to: number)
                try await eventually("worker \(number) to be repaired", within: .seconds(60)) {
                    stage.fleet.starts(of: number) > starts
                }
            }
            try await stage.retryDeadLetters()
        })

    static let revisions = Scenario(
        name: "revisions", summary: "two workers with different revisions of the subscriptions: the older stands by",
        evidence: ["a newer revision of the subscription is in force"],
        disturb: { stage in
            for number in 0..<stage.fleet.size {
                try await stage.fleet.ready(number)
                try await stage.served()
                stage.fleet.replace(number) { $0.revision = 2 }
                stage.fleet.send(.kill, to: number)
                try await stage.measureRecovery(since: .now)
                if number == 0 {
                    // The older one is there all the time, and must do nothing, whatever becomes of the newer.
                    try await stage.repeatedly { _ in
                        try await stage.pause(milliseconds: 100...600)
                        try await stage.fleet.ready(0)
                        stage.fleet.send(.kill, to: 0)
                        try await stage.measureRecovery(since: .now)
                    }
                }
            }
            try await stage.arena.withConnection { connection in
                let row = try await connection.query(
                    """
                    SELECT count(*) FROM effect AS old WHERE revision = 1 AND pg_xact_commit_timestamp(xmin) > (
                        SELECT min(pg_xact_commit_timestamp(xmin)) FROM effect AS new
                        WHERE new.receiver = old.receiver AND revision = 2)
                    """
                ).first
                if let count: Int = try row?.decode(0), count > 0 {
                    stage.complain("\(count) effects of the older revision after the newer one's first")
                }
            }
        })

    static let deadlocks = Scenario(
        name: "deadlocks", summary: "two subscriptions update the same rows in opposite order",
        // Whoever loses a deadlock has waited for it to be found: that does not keep up with more.
        pace: 120, evidence: ["deadlock detected"],
        workers: { stage in
            for number in 1...2 {
                let plan = stage.plan(number) { plan in
                    plan.kinds = [.forth, .back]
                    plan.slowness = 2
                }
                stage.fleet.add(plan)
            }
        },
        disturb: { stage in
            try await stage.repeatedly { _ in try await stage.pause(milliseconds: 100...200) }
        })
}

extension Stage {
    /// Some changes of the keys that fail, whatever the writers draw.
    func writePoison() async throws {
        for key: Int64 in [3, 7, 11] {
            try await arena.withConnection { connection in
                try await connection.query(
                    """
                    INSERT INTO account AS a (id) VALUES (\(key)) ON CONFLICT (id) DO UPDATE SET amount = a.amount + 1
                    """)
            }
        }
    }

    /// Has dead letters tried again until none is left.
    func retryDeadLetters() async throws {
        try await arena.withConnection { connection in
            try await eventually("the dead letters to go", within: .seconds(60), every: .milliseconds(100)) {
                let dead = try await ParkedRecords().list(onlyDead: true, on: connection)
                if dead.isEmpty { return true }
                _ = try await ParkedRecords().retry(dead.map(\.id), on: connection)
                return false
            }
        }
    }
}
