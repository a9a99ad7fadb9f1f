import Foundation
import Heliograph
import HeliographTesting

/// Users that wait for their Profiles, all inserted before anybody works.
struct Backlog {
    let area: WorkerArea
    let contestant: Contestant

    var count: Int { area.isQuick ? contestant.shortBacklog : contestant.backlog }

    /// So many users are inserted by one statement.
    private static let step = 500_000

    /// Makes them anew; what was there before is forgotten.
    func insert() async throws {
        try await area.withConnection(contestant) { connection in
            // Not heard of by the log: only what is inserted is to be worked off.
            try await connection.runScript(
                unsafe: """
                    SET session_replication_role = replica;
                    TRUNCATE users, profiles RESTART IDENTITY;
                    SET session_replication_role = origin;
                    """)
            for first in stride(from: 1, through: count, by: Self.step) {
                try await connection.query(
                    """
                    INSERT INTO users (username, email)
                    SELECT 'user', 'user' || n || '@example.org'
                    FROM generate_series(\(Int64(first)), \(Int64(min(first + Self.step - 1, count)))) AS n
                    """)
            }
            try await connection.query("VACUUM ANALYZE users, profiles")
        }
    }

    /// Profiles a second of some processes, which have their sessions before the clock starts. It stops with the last commit, by the
    /// server's own time stamps: somebody who kept looking would take a good part of two processors.
    func rate(processes: Int = 1) async throws -> Double {
        let seconds =
            if case .ours = contestant.kind {
                try await secondsOfOurs(processes)
            } else {
                try await secondsOfPeer()
            }
        return Double(count) / seconds
    }

    private func secondsOfPeer() async throws -> Double {
        try await insert()
        // Its clock starts with its work: it has no state to wait in.
        return try await area.withWorker(contestant, until: count) { _ in
            let start = Date.now
            return try await finish().timeIntervalSince(start)
        }
    }

    /// They stand by until all of them are there.
    private func secondsOfOurs(_ processes: Int) async throws -> Double {
        try await area.register(contestant)
        try await setState("paused")
        try await insert()
        return try await withProcesses(processes) {
            let start = Date.now
            try await setState("active")
            return try await finish().timeIntervalSince(start)
        }
    }

    private func withProcesses(_ count: Int, _ body: () async throws -> Double) async throws -> Double {
        guard count > 0 else {
            // They hear the bell by then, and are quiet.
            try await Task.sleep(for: .milliseconds(area.isQuick ? 100 : 500))
            return try await body()
        }
        return try await area.withWorker(contestant) { _ in try await withProcesses(count - 1, body) }
    }

    /// Of all subscriptions at once.
    func setState(_ state: String) async throws {
        try await area.withConnection(contestant) { connection in
            try await connection.query(
                "SELECT heliograph.set_subscription_state(name, \(state)) FROM heliograph.subscription")
        }
    }

    /// Waits until each has a Profile.
    /// - Returns: when the last one was committed.
    @discardableResult
    func finish() async throws -> Date {
        try await progress(to: count)
        return try await area.withConnection(contestant) { connection in
            while true {
                let row = try await connection.query(
                    "SELECT count(*), max(pg_xact_commit_timestamp(xmin)) FROM profiles"
                ).first
                if let row, try row.decode(0, as: Int.self) >= count { return try row.decode(1, as: Date.self) }
                try await Task.sleep(for: Self.look)
            }
        }
    }

    private static let look = Duration.milliseconds(20)

    /// Waits until so many Profiles have been numbered. It looks at the sequence, which costs next to nothing.
    /// - Returns: when it was so.
    @discardableResult
    func progress(to number: Int) async throws -> ContinuousClock.Instant {
        try await area.withConnection(contestant) { connection in
            let drawn: SQL = "SELECT coalesce(pg_sequence_last_value('profiles_id_seq'), 0)"
            while try await connection.query(drawn).first?.decode(0, as: Int64.self) ?? 0 < Int64(number) {
                try await Task.sleep(for: Self.look)
            }
        }
        return .now
    }
}
