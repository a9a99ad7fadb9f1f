import Heliograph
import HeliographTesting
import Testing

/// A subscription that nobody runs any more does not fill the disk.
@Suite("Worker: lapse")
struct LapseTests {
    /// Runs the subscription once, then leaves it alone for "eight days", in which the log was written to and closed.
    private func forgotten(_ effects: Effects) async throws {
        try await effects.withWorker([Effects.subscription()]) {
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
            try await effects.settled()
        }
        try await effects.fixture.psql("UPDATE t SET v = v + 1; SELECT heliograph.rotate()")
    }

    private static let past =
        "UPDATE heliograph.segment SET closed_at = now() - interval '8 days' WHERE closed_at IS NOT NULL"

    private func lapse(_ effects: Effects) async throws -> [String] {
        try await effects.fixture.withConnection {
            try await $0.texts("SELECT name FROM heliograph.lapse_subscriptions('7 days')")
        }
    }

    private func drop(_ effects: Effects) async throws -> String {
        try await effects.fixture.psql("SELECT dropped, reason FROM heliograph.drop_segment(1, '1 hour')")
    }

    @Test(
        "Not seen for seven days it lapses, its part of the log is dropped, and it begins anew only when told to",
        .timeLimit(.minutes(10)))
    func lapses() async throws {
        try await Effects.with { effects in
            try await forgotten(effects)
            try await effects.fixture.psql(Self.past)
            // Seen without a worker for the first time: from now on the time counts.
            #expect(try await lapse(effects) == [])
            try await effects.fixture.psql(
                "UPDATE heliograph.subscription SET idle_since = now() - interval '8 days', looked_at = now() - interval '1 minute'"
            )
            // Other tests' transactions, which may hold it as well, end.
            try await eventually("the subscription alone to hold it") {
                try await drop(effects).contains("subscription effects has not read all of it")
            }
            #expect(try await lapse(effects) == ["effects"])
            #expect(try await lapse(effects) == [])
            try await eventually("it to be dropped") { try await drop(effects).hasPrefix("t") }
            let resumed = try await effects.fixture.heliograph(["subscriptions", "resume", "effects"])
            #expect(resumed.status != 0 && resumed.lines.first?.contains("has lapsed") == true, "\(resumed)")
            try await effects.withWorker([Effects.subscription()]) {
                // It stands by.
                try await eventually("the worker to have seen it") {
                    effects.fixture.log.lines.contains { $0.contains("has lapsed; standing by") }
                }
                #expect(try await effects.fixture.count("SELECT count(*) FROM effect") == 20)
                #expect(
                    try await effects.fixture.heliograph(["subscriptions", "rewind", "effects", "--to", "backfill"])
                        .status == 0)
                try await eventually("all rows, as they are now") {
                    try await effects.fixture.count("SELECT count(*) FROM effect WHERE v = 1") == 20
                }
            }
        }
    }

    @Test(
        "Not while a worker runs it, nor because nobody looked, nor while nothing is kept for it",
        .timeLimit(.minutes(10)))
    func stays() async throws {
        try await Effects.with { effects in
            try await forgotten(effects)
            let longAgo =
                "UPDATE heliograph.subscription SET idle_since = now() - interval '8 days', looked_at = now() - interval '1 minute'"
            // What is kept for it was closed only now.
            try await effects.fixture.psql(longAgo)
            #expect(try await lapse(effects) == [])
            try await effects.fixture.psql(
                Self.past
                    + "; UPDATE heliograph.subscription SET idle_since = now() - interval '8 days', looked_at = now() - interval '2 days'"
            )
            #expect(try await lapse(effects) == [])
            try await effects.withWorker([Effects.subscription()]) {
                try await effects.held(lanes: 8)
                try await effects.fixture.psql(longAgo)
                #expect(try await lapse(effects) == [])
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }
}
