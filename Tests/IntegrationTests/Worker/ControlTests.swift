import Heliograph
import HeliographTesting
import Synchronization
import Testing

/// People pause, rewind and drop subscriptions while workers run.
@Suite("Worker: control from outside")
struct ControlTests {
    /// Counts how often each row was received.
    private final class Tally: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        func note(_ record: Record) { counts.withLock { $0[record.key ?? "", default: 0] += 1 } }

        var all: [String: Int] { counts.withLock(\.self) }
    }

    @Test("Paused it does nothing, and goes on where it was", .timeLimit(.minutes(10)))
    func pause() async throws {
        try await Effects.with { effects in
            let subscription = Effects.subscription()
            try await effects.withWorker([subscription]) {
                try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
                try await effects.settled()
                #expect(try await effects.fixture.heliograph(["subscriptions", "pause", "effects"]).status == 0)
                try await eventually("nobody to work for it") {
                    try await effects.fixture.count("SELECT heliograph.subscription_workers('effects')") == 0
                }
                try await effects.fixture.psql("UPDATE t SET v = v + 1")
                let listed = try await effects.fixture.heliograph(["subscriptions", "list", "--json"]).lines
                #expect(listed.first?.contains(#""state":"paused""#) == true)
                #expect(listed.first?.contains(#""lag_records":20"#) == true)
                #expect(try await effects.fixture.count("SELECT count(*) FROM effect") == 20)
                #expect(
                    try await effects.fixture.heliograph(["subscriptions", "resume", "effects"]).lines == [
                        "resumed effects"
                    ])
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }

    @Test(
        "Rewound to the beginning while two workers run and writers write: every record again, each once",
        .timeLimit(.minutes(10)))
    func rewindToBeginning() async throws {
        try await Effects.with { effects in
            let subscription = Effects.subscription()
            try await effects.withWorker([subscription], name: "one") {
                try await effects.withWorker([subscription], name: "two") {
                    try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 200)")
                    try await effects.settled()
                    let rewound = try await effects.fixture.heliograph([
                        "subscriptions", "rewind", "effects", "--to", "beginning",
                    ])
                    #expect(rewound.lines == ["effects: rewound to the beginning of the log"])
                    try await effects.fixture.psql("UPDATE t SET v = v + 1")
                    try await eventually("the effects of both times") {
                        try await effects.fixture.count("SELECT count(*) FROM effect") >= 600
                    }
                    try await effects.held(lanes: 8)
                }
            }
            #expect(
                try await effects.fixture.count(
                    """
                    SELECT count(*) FROM (SELECT key, v, count(*) FROM effect GROUP BY key, v) AS x (key, v, times)
                    WHERE times <> CASE v WHEN 0 THEN 2 ELSE 1 END
                    """) == 0)
            #expect(try await effects.fixture.count("SELECT count(*) FROM effect") == 600)
        }
    }

    @Test(
        "Rewound to a record: it and all after it come again, also those of transactions that were open then",
        .timeLimit(.minutes(10)))
    func rewindToRecord() async throws {
        try await Effects.with { effects in
            let tally = Tally()
            let subscription = Effects.subscription { record, _ in tally.note(record) }
            try await effects.withWorker([subscription]) {
                for id in 1...5 {
                    try await effects.fixture.psql("INSERT INTO t VALUES (\(id))")
                    try await effects.settled()
                }
                let third = try await effects.fixture.count(
                    "SELECT id FROM heliograph.signal_log WHERE key ->> 'id' = '3'")
                #expect(
                    try await effects.fixture.heliograph(["subscriptions", "rewind", "effects", "--to", "\(third)"])
                        .status == 0)
                try await eventually("the last three again") {
                    (3...5).allSatisfy { (tally.all[#"{"id":\#($0)}"#] ?? 0) >= 2 }
                }
            }
            #expect(tally.all[#"{"id":1}"#] == 1)
            #expect((3...5).allSatisfy { tally.all[#"{"id":\#($0)}"#] == 2 })
        }
    }

    @Test("A rewind takes away what is parked and comes again, and leaves what does not", .timeLimit(.minutes(10)))
    func rewindParked() async throws {
        try await Effects.with { effects in
            struct Failure: Error {}
            let isBroken = Flag()
            isBroken.set()
            let subscription = Effects.subscription(retry: .init(maximumAttempts: 1)) { _, _ in
                if isBroken.isSet { throw Failure() }
            }
            try await effects.withWorker([subscription]) {
                for id in [1, 2] {
                    try await effects.fixture.psql("INSERT INTO t VALUES (\(id))")
                    try await eventually("a dead letter") {
                        try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery WHERE state = 'dead'")
                            == id
                    }
                }
                isBroken.clear()
                let second = try await effects.fixture.count(
                    "SELECT id FROM heliograph.signal_log WHERE key ->> 'id' = '2'")
                try await effects.fixture.psql("SELECT heliograph.rewind('effects', to_record => \(second))")
                try await eventually("the second") {
                    try await effects.fixture.count("SELECT count(*) FROM effect WHERE key = 2") == 1
                }
                #expect(
                    try await effects.fixture.count("SELECT count(*) FROM heliograph.delivery WHERE key ->> 'id' = '2'")
                        == 0)
                let listed = try await effects.fixture.heliograph(["dead-letters", "list", "--json"]).lines
                #expect(listed.count == 1)
                let id = try JSONValue(parsing: listed.first ?? "null")["id"].map { try Int64(json: $0) } ?? 0
                let shown = try await effects.fixture.heliograph(["dead-letters", "show", "\(id)"]).lines
                #expect(shown.contains { $0.contains("Failure()") })
                #expect(
                    try await effects.fixture.heliograph(["dead-letters", "retry", "\(id)"]).lines == ["tried again: 1"]
                )
                try await effects.settled()
            }
            try await effects.expect(faults: [])
            let none = try await effects.fixture.heliograph(["dead-letters", "retry", "999"])
            #expect(none.status == 2)
            #expect(none.lines.contains { $0.contains("there is no parked record 999") })
        }
    }

    @Test("It is not dropped while workers run it; afterwards nothing of it is left", .timeLimit(.minutes(10)))
    func drop() async throws {
        try await Effects.with { effects in
            try await effects.withWorker([Effects.subscription()]) {
                try await effects.held(lanes: 8)
                let refused = try await effects.fixture.heliograph(["subscriptions", "drop", "effects"])
                #expect(refused.status == 1)
                #expect(refused.lines.contains { $0.contains("is at work in 1 sessions: Stop its workers") })
            }
            #expect(
                try await effects.fixture.heliograph(["subscriptions", "drop", "effects"]).lines == ["dropped effects"])
            #expect(
                try await effects.fixture.count(
                    "SELECT (SELECT count(*) FROM heliograph.subscription) + (SELECT count(*) FROM heliograph.position)"
                ) == 0)
            let unknown = try await effects.fixture.heliograph(["subscriptions", "pause", "effects"])
            #expect(unknown.status == 1)
            #expect(unknown.lines.contains { $0.contains("there is no subscription 'effects'") })
        }
    }

    @Test(
        "Rewound to a time: to the newest place before it, whatever old places were recorded since",
        .timeLimit(.minutes(10)))
    func rewindToTime() async throws {
        try await Effects.with { effects in
            try await effects.withWorker([Effects.subscription()]) {
                try await effects.fixture.psql("INSERT INTO t VALUES (1)")
                try await effects.settled()
            }
            try await effects.fixture.psql(
                """
                SELECT heliograph.register_subscription('other', 1, '{}', 1, 'beginning');
                SELECT heliograph.rewind('effects', to_time => clock_timestamp());
                """)
            try await effects.withWorker([Effects.subscription()]) {
                try await effects.fixture.psql("INSERT INTO t VALUES (2)")
                try await effects.settled()
            }
            try await effects.expect(faults: [])
        }
    }
}
