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

    /// Profiles a second of some processes that begin with it, the first of which counts from the start of its work.
    func rate(processes: Int = 1) async throws -> Double {
        try await insert()
        let seconds =
            try await area.withWorker(contestant, until: count) { _ in
                let start = ContinuousClock.now
                if processes > 1 {
                    return try await area.withWorker(contestant, until: count, isAwaited: false) { _ in
                        try await finish() - start
                    }
                }
                return try await finish() - start
            } / .seconds(1)
        return Double(count) / seconds
    }

    /// Waits until each has a Profile. Looks at the sequence, which costs next to nothing, and in the end at the rows.
    /// - Returns: when it was so.
    func finish(every interval: Duration = .milliseconds(2)) async throws -> ContinuousClock.Instant {
        try await progress(to: count, every: interval)
        try await area.withConnection(contestant) { connection in
            while try await connection.query("SELECT count(*) FROM profiles").first?.decode(0, as: Int.self) ?? 0
                < count
            {
                try await Task.sleep(for: interval)
            }
        }
        return .now
    }

    /// Waits until so many Profiles have been numbered.
    /// - Returns: when it was so.
    @discardableResult
    func progress(to number: Int, every interval: Duration) async throws -> ContinuousClock.Instant {
        try await area.withConnection(contestant) { connection in
            let drawn: SQL = "SELECT coalesce(pg_sequence_last_value('profiles_id_seq'), 0)"
            while try await connection.query(drawn).first?.decode(0, as: Int64.self) ?? 0 < Int64(number) {
                try await Task.sleep(for: interval)
            }
        }
        return .now
    }
}
