import Heliograph
import HeliographTesting

extension Scenario {
    static let retention = Scenario(
        name: "retention",
        summary:
            "the log is rotated and dropped, places and ticks cleared away, subscriptions paused, workers killed",
        disturb: { stage in
            try await stage.repeatedly { round in
                try await stage.clearLog()
                let victim = stage.draw(0...1)
                try await stage.fleet.ready(victim)
                if stage.draw(0...2) == 0 { try await stage.rest() }
                let start = ContinuousClock.now
                stage.fleet.send(.kill, to: victim)
                async let isCleared: Void = stage.clearLog()
                try await stage.measureRecovery(since: start)
                try await isCleared
                try await stage.pause(milliseconds: 0...200)
            }
            let dropped = try await stage.arena.withConnection { connection in
                try await connection.query("SELECT count(*) FROM heliograph.segment WHERE dropped_at IS NOT NULL")
                    .first?.decode(0, as: Int.self)
            }
            // What workers have not written yet of their places is still needed: that takes them some seconds.
            if dropped == 0, !stage.isQuick { stage.complain("no segment of the log was dropped") }
        })
}

extension Stage {
    /// What workers do now and then, at once and with no age to wait for.
    func clearLog() async throws {
        try await arena.withConnection { connection in
            try await connection.query("SET lock_timeout = '1s'")
            do {
                try await Retention().rotate(.init(age: .zero), on: connection)
                _ = try await Retention().prune(olderThan: .zero, on: connection)
                // As if hours had passed; but not over what a transaction may be about.
                for table: SQL in ["position", "tick"] {
                    try await connection.query(
                        """
                        UPDATE heliograph.\(table) SET at = at - interval '2 hours'
                        WHERE at BETWEEN clock_timestamp() - interval '1 hour' AND clock_timestamp() - interval '10 s'
                        """)
                }
                for function: SQL in ["purge_positions", "purge_ticks"] {
                    try await connection.query("SELECT heliograph.\(function)(1000::int)")
                }
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
                // Left for the next time.
            }
        }
    }

    /// Pauses a subscription for a moment.
    func rest() async throws {
        let receivers = fleet.receivers
        guard let name = receivers.isEmpty ? nil : receivers[draw(0...receivers.count - 1)] else { return }
        try await arena.withConnection { connection in
            let control = SubscriptionControl()
            try await control.pause(name, on: connection)
            do { try await pause(milliseconds: 50...300) } catch {
                try await control.resume(name, on: connection)
                throw error
            }
            try await control.resume(name, on: connection)
        }
    }
}
