import Foundation
import Heliograph
import HeliographTesting

/// A backlog of users, one worker process (and two): Profiles a second, from the start of the process's work to the last commit.
struct BacklogMeasure {
    let area: WorkerArea
    let contestants: [Contestant]

    func run() async throws {
        var rates: [Contestant: [Double]] = [:]
        var pairs: [Double] = []
        for round in 0...area.rounds {
            for contestant in contestants {
                let rate = try await rate(contestant, processes: 1)
                if round > 0 { rates[contestant, default: []].append(rate) }
            }
            if area.isQuick { break }
            let pair = try await rate(.batch, processes: 2)
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

    private func rate(_ contestant: Contestant, processes: Int) async throws -> Double {
        let count = area.isQuick ? 200 : contestant.backlog
        try await area.withConnection(contestant) { connection in
            // Not heard of by the log: only what is inserted is to be worked off.
            try await connection.runScript(
                unsafe: """
                    SET session_replication_role = replica;
                    TRUNCATE users, profiles RESTART IDENTITY;
                    SET session_replication_role = origin;
                    INSERT INTO users (username, email) SELECT 'user', 'user' || n || '@example.org' FROM generate_series(1, \(count)) AS n;
                    """)
            try await connection.query("VACUUM ANALYZE users, profiles")
        }
        let arguments: [String]
        let program: String
        switch contestant.kind {
        case .ours(let isBatch):
            program = try programPath("heliograph-bench")
            arguments = [isBatch ? "--work-batch" : "--work-each", area.target(contestant)]
        case .peer(let role):
            program = Contestant.python
            arguments = [Contestant.program, "drain", role, area.target(contestant), "--count", "\(count)"]
        }
        return Double(count) / (try await seconds(program, arguments, processes, until: count, contestant))
    }

    private func seconds(
        _ program: String, _ arguments: [String], _ processes: Int, until count: Int, _ contestant: Contestant
    ) async throws -> Double {
        try await withProgram(program, arguments, environment: [:]) { running in
            try await running.line(containing: "ready")
            let start = ContinuousClock.now
            if processes > 1 {
                return try await withProgram(program, arguments, environment: [:]) { _ in
                    try await finish(count, contestant, since: start)
                }.value
            }
            return try await finish(count, contestant, since: start)
        }.value
    }

    /// Looks at the sequence, which costs nothing, and in the end at the rows.
    private func finish(_ count: Int, _ contestant: Contestant, since start: ContinuousClock.Instant) async throws
        -> Double
    {
        try await area.withConnection(contestant) { connection in
            let drawn: SQL = "SELECT coalesce(pg_sequence_last_value('profiles_id_seq'), 0)"
            while try await connection.query(drawn).first?.decode(0, as: Int64.self) ?? 0 < Int64(count) {
                try await Task.sleep(for: .milliseconds(2))
            }
            while try await connection.query("SELECT count(*) FROM profiles").first?.decode(0, as: Int.self) ?? 0
                < count
            {
                try await Task.sleep(for: .milliseconds(2))
            }
            return (ContinuousClock.now - start) / .seconds(1)
        }
    }
}
