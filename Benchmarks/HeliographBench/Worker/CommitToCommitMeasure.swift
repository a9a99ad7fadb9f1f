import Foundation
import Heliograph
import HeliographTesting

/// At 50 users a second: from the commit of a User to that of the Profile, as a third process sees them.
struct CommitToCommitMeasure {
    let area: WorkerArea
    let contestants: [Contestant]

    func run() async throws {
        let wanted: [Contestant] = area.isQuick ? [.each] : [.each, .setBased]
        var medians: [Contestant: [Double]] = [:]
        var tails: [Contestant: [Double]] = [:]
        for round in 0...area.rounds {
            for contestant in wanted where contestants.contains(contestant) {
                let times = try await samples(contestant).sorted()
                if round == 0, !area.isQuick { continue }
                medians[contestant, default: []].append(times.median)
                tails[contestant, default: []].append(times[min(times.count - 1, times.count * 99 / 100)])
            }
            if area.isQuick { return }
        }
        let rounds = area.rounds
        func median(_ of: [Contestant: [Double]], _ contestant: Contestant) -> Double { of[contestant]?.median ?? .nan }
        area.report.add("worker.latency.each.p50", median(medians, .each), "ms", .atMost(2.2), rounds: rounds)
        area.report.add("worker.latency.each.p99", median(tails, .each), "ms", .atMost(4), rounds: rounds)
        area.report.add(
            "worker.latency.p50", median(medians, .each) / median(medians, .setBased), "ratio to sets by hand",
            .atMost(1),
            rounds: rounds)
        area.report.add(
            "worker.latency.p99", median(tails, .each) / median(tails, .setBased), "ratio to sets by hand",
            .atMost(1.15),
            rounds: rounds)
    }

    /// Milliseconds for each of some users.
    private func samples(_ contestant: Contestant) async throws -> [Double] {
        let program: String
        let arguments: [String]
        switch contestant.kind {
        case .ours(let isBatch):
            program = try programPath("heliograph-bench")
            arguments = [isBatch ? "--work-batch" : "--work-each", area.target(contestant)]
        case .peer(let role):
            program = Contestant.python
            arguments = [Contestant.program, "serve", role, area.target(contestant)]
        }
        return try await withProgram(program, arguments, environment: [:]) { running in
            try await running.line(containing: "ready")
            return try await area.withConnection(contestant) { connection in
                var times: [Double] = []
                for number in 0..<(area.isQuick ? 5 : 150) {
                    let start = ContinuousClock.now
                    let id = try await connection.query(
                        """
                        INSERT INTO users (username, email) VALUES ('u', gen_random_uuid()::text || '@example.org')
                        RETURNING id
                        """
                    ).first?.decode(0, as: Int64.self)
                    while try await connection.query("SELECT FROM profiles WHERE user_id = \(id)").isEmpty {}
                    // The first ones find the worker still at its start.
                    if number >= 20 || area.isQuick { times.append((ContinuousClock.now - start) / .milliseconds(1)) }
                    let rest = start + .milliseconds(20) - .now
                    if rest > .zero { try await Task.sleep(for: rest) }
                }
                return times
            }
        }.value
    }
}
