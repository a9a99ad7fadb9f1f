import Foundation
import Heliograph
import HeliographTesting

extension Scenario {
    static let terminate = Scenario(
        name: "terminate", summary: "pg_terminate_backend of workers' sessions, again and again",
        evidence: ["terminating connection due to administrator command"],
        disturb: { stage in
            try await stage.repeatedly { _ in
                let start = ContinuousClock.now
                try await stage.terminateSessions(stage.draw(1...3))
                try await stage.measureRecovery(since: start)
                try await stage.pause(milliseconds: 20...200)
            }
        })

    static let restart = Scenario(
        name: "restart",
        summary:
            "PostgreSQL stopped fast, immediately, by SIGKILL of the postmaster and of a backend, and started again",
        needs: .server, goal: .seconds(2),
        evidence: ["because of crash of another server process", "due to immediate shutdown command"],
        disturb: { stage in
            let ways: [ServerFault] = [.fast, .immediate, .killedBackend, .killedPostmaster]
            var order = ways
            try await stage.repeatedly { round in
                if round % ways.count == 0 { order = stage.shuffled(ways) }
                for way in stage.isQuick ? order : [order[round % ways.count]] {
                    try await way.inflict(on: stage)
                    try await stage.measureRecovery(since: .now)
                    try await stage.pause(milliseconds: 100...600)
                }
            }
        })

    static let exhausted = Scenario(
        name: "exhausted",
        summary: "all connections of the server are taken by others for a while, and workers' sessions end",
        needs: .init(isPrivate: true, settings: ["max_connections": "24"]), evidence: ["sorry, too many clients"],
        disturb: { stage in
            try await stage.repeatedly { _ in
                let hogs = try await stage.takeAllConnections()
                // Whoever is cut off now does not come back before the others leave.
                for hog in hogs.prefix(1) { _ = try? await hog.query(stage.termination(3)) }
                if stage.draw(0...1) == 0 { stage.fleet.send(.kill, to: stage.draw(0...1)) }
                let more = try await stage.takeAllConnections()
                try await stage.pause(milliseconds: stage.isQuick ? 500...700 : 1_000...4_000)
                for hog in hogs + more { await hog.close() }
                try await stage.measureRecovery(since: .now)
                try await stage.pause(milliseconds: 100...400)
            }
        })
}

extension Stage {
    /// Ends some sessions of this scenario's workers from the server's side.
    func terminateSessions(_ count: Int) async throws {
        try await arena.withConnection { _ = try await $0.query(termination(count)) }
    }

    func termination(_ count: Int) -> SQL {
        """
        SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE \(name + "-%")
            ORDER BY random() LIMIT \(count)) AS victim
        """
    }

    /// Connects until the server takes no more.
    func takeAllConnections() async throws -> [Connection] {
        var taken: [Connection] = []
        for _ in 0..<200 {
            do {
                taken.append(
                    try await Connection.connect(ConnectionConfiguration(arena.target, applicationName: "hog")))
            } catch is PostgresError { break }
        }
        return taken
    }
}
