import Foundation
import Heliograph
import HeliographTesting

/// From the commit of a User to that of the Profile, by the server's own clock (`track_commit_timestamp`): nobody looks on meanwhile,
/// who would take one of few cores for it.
struct CommitToCommitMeasure {
    let area: WorkerArea
    let contestants: [Contestant]

    /// So many users a second, by so many connections that insert one after the other.
    private struct Load: Hashable {
        let rate: Int
        let writers: Int
        let seconds: Double

        static let quiet = Load(rate: 50, writers: 1, seconds: 4)
        static let busy = Load(rate: 2_000, writers: 8, seconds: 3)
        static let short = Load(rate: 50, writers: 1, seconds: 0.2)
    }

    func run() async throws {
        if area.isQuick {
            for load in [Load.short] { _ = try await samples(.each, load) }
            return
        }
        for load in [Load.quiet, .busy] {
            var medians: [Contestant: [Double]] = [:]
            var tails: [Contestant: [Double]] = [:]
            for round in 0...area.rounds {
                for contestant in [Contestant.each, .setBased] where contestants.contains(contestant) {
                    let times = try await samples(contestant, load).sorted()
                    if round == 0 { continue }
                    medians[contestant, default: []].append(times.median)
                    tails[contestant, default: []].append(times[min(times.count - 1, times.count * 99 / 100)])
                }
            }
            report(load, medians, tails)
        }
    }

    private func report(_ load: Load, _ medians: [Contestant: [Double]], _ tails: [Contestant: [Double]]) {
        let rounds = area.rounds
        let report = area.report
        let name = load == .busy ? "worker.latency.busy" : "worker.latency"
        func median(_ of: [Contestant: [Double]], _ contestant: Contestant) -> Double { of[contestant]?.median ?? .nan }
        let (p50, p99) = (median(medians, .each), median(tails, .each))
        guard load == .quiet else {
            report.add("\(name).each.p50", p50, "ms", rounds: rounds)
            report.add("\(name).each.p99", p99, "ms", .atMost(25), rounds: rounds)
            report.add("\(name).sets.p99", median(tails, .setBased), "ms", rounds: rounds)
            return
        }
        report.add("\(name).each.p50", p50, "ms", .atMost(2.2), rounds: rounds)
        report.add("\(name).each.p99", p99, "ms", .atMost(4), rounds: rounds)
        let unit = "ratio to sets by hand"
        report.add("\(name).p50", p50 / median(medians, .setBased), unit, .atMost(1), rounds: rounds)
        report.add("\(name).p99", p99 / median(tails, .setBased), unit, .atMost(1.15), rounds: rounds)
    }

    /// Milliseconds for each of some users.
    private func samples(_ contestant: Contestant, _ load: Load) async throws -> [Double] {
        try await area.withWorker(contestant) { _ in
            // The first ones find the worker still at its start.
            _ = try await write(Load(rate: 50, writers: 1, seconds: area.isQuick ? 0.1 : 0.5), contestant)
            let first = try await write(load, contestant)
            return try await area.withConnection(contestant) { connection in
                try await connection.query(
                    """
                    SELECT extract(epoch FROM pg_xact_commit_timestamp(p.xmin) - pg_xact_commit_timestamp(u.xmin))::float8 * 1000
                    FROM users AS u JOIN profiles AS p ON p.user_id = u.id WHERE u.id > \(first)
                    """
                ).map { try $0.decode(0) }
            }
        }
    }

    /// Writes users and waits until each has a Profile.
    /// - Returns: the last one's number before.
    private func write(_ load: Load, _ contestant: Contestant) async throws -> Int64 {
        let first =
            try await area.withConnection(contestant) { connection in
                try await connection.query("SELECT coalesce(max(id), 0) FROM users").first?.decode(0, as: Int64.self)
            } ?? 0
        let target = area.target(contestant)
        let interval = Duration.seconds(1) * load.writers / load.rate
        let count = Int(Double(load.rate) * load.seconds) / load.writers
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<load.writers {
                group.addTask {
                    try await Connection.with(ConnectionConfiguration(target)) { connection in
                        let start = ContinuousClock.now + interval * writer / load.writers
                        for number in 0..<count {
                            let rest = start + interval * number - .now
                            if rest > .zero { try await Task.sleep(for: rest) }
                            try await connection.query(
                                "INSERT INTO users (username, email) VALUES ('u', gen_random_uuid()::text || '@example.org')"
                            )
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await area.withConnection(contestant) { connection in
            try await eventually("a Profile for each User", every: .milliseconds(20)) {
                let left = try await connection.query(
                    """
                    SELECT count(*) FROM users AS u
                    WHERE u.id > \(first) AND NOT EXISTS (SELECT FROM profiles AS p WHERE p.user_id = u.id)
                    """)
                return try left.first?.decode(0, as: Int64.self) == 0
            }
        }
        return first
    }
}
