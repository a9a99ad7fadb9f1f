import Heliograph
import HeliographTesting
import Testing

@Suite("Following the log")
struct FollowerTests {
    /// Runs a follower beside `body`, with its bell.
    private func withFollower(
        _ fixture: Fixture, batchSize: Int = 500, poll: Duration = .seconds(60), filter: RecordFilter = .init(),
        _ body: (LogFollower) async throws -> Void
    ) async throws {
        try await fixture.withPool { pool in
            let bell = Bell(fixture.configuration, logger: fixture.logger)
            let follower = LogFollower(
                pool: pool, bell: bell, filter: filter, batchSize: batchSize, pollInterval: poll, logger: fixture.logger
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await bell.run() }
                // The first reading waits for nobody; the bell must be heard for what comes later.
                try await eventually("the bell to be heard") { bell.isListening }
                try await body(follower)
                group.cancelAll()
            }
        }
    }

    @Test(
        "From the beginning, then live: the bell wakes it, long before it would look by itself",
        .timeLimit(.minutes(10))
    )
    func live() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await t.write("INSERT INTO t SELECT generate_series(1, 5)")
            try await withFollower(t.fixture, batchSize: 2) { follower in
                var keys: [String] = []
                for try await event in follower.events(from: .beginning) {
                    switch event {
                    case .record(let record, _): keys.append(record.key ?? "")
                    case .caughtUp where keys.count == 5: try await t.write("INSERT INTO t VALUES (6)")
                    case .caughtUp: break
                    case .reset: Issue.record("nothing was restarted")
                    }
                    if keys.count == 6 { break }
                }
                #expect(keys == (1...6).map { #"{"id":\#($0)}"# })
            }
        }
    }

    @Test(
        "A place that was kept is gone on from: nothing is missed, not even what commits late, and nothing comes twice",
        .timeLimit(.minutes(10)))
    func resume() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await withFollower(t.fixture, batchSize: 3) { follower in
                try await t.fixture.withConnection { open in
                    try await open.query("BEGIN")
                    try await open.query("INSERT INTO t VALUES (0)")
                    try await t.write("INSERT INTO t SELECT generate_series(1, 10)")
                    var keys: [String] = []
                    var kept = ""
                    for try await event in follower.events(from: .beginning) {
                        guard case .record(let record, let place) = event else { continue }
                        keys.append(record.key ?? "")
                        kept = place.description
                        if keys.count == 4 { break }
                    }
                    try await open.query("COMMIT")
                    try await t.write("INSERT INTO t VALUES (11)")
                    let place = try #require(LogPlace(kept))
                    for try await event in follower.events(from: .place(place)) {
                        if case .record(let record, _) = event { keys.append(record.key ?? "") }
                        if case .caughtUp = event, keys.count >= 12 { break }
                    }
                    #expect(keys.sorted() == (0...11).map { #"{"id":\#($0)}"# }.sorted())
                }
            }
        }
    }

    @Test(
        "A life of the server that is noted only later is the same life: nothing is skipped", .timeLimit(.minutes(10)))
    func firstOfAll() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            try await withFollower(t.fixture, poll: .milliseconds(20)) { follower in
                var keys: [String] = []
                for try await event in follower.events(from: .beginning) {
                    switch event {
                    case .record(let record, _): keys.append(record.key ?? "")
                    case .caughtUp where keys.isEmpty:
                        try await t.write("INSERT INTO t VALUES (1)")
                        // As the first worker does.
                        try await t.fixture.withConnection { try await LogReader().noteIncarnation(on: $0) }
                    case .caughtUp: break
                    case .reset: Issue.record("nothing was restarted")
                    }
                    if keys.count == 1 { break }
                }
                #expect(keys == [#"{"id":1}"#])
            }
        }
    }

    @Test("From a record on, of one table, of some operations")
    func filtered() async throws {
        let tables = "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY);"
        try await Captured.with(tables, attaching: ["t", "u"]) { t in
            try await t.write(
                "INSERT INTO t VALUES (1); INSERT INTO u VALUES (1); DELETE FROM t; INSERT INTO t VALUES (2); DELETE FROM t"
            )
            func lines(_ start: LogFollower.Start, _ filter: RecordFilter) async throws -> [String] {
                var lines: [String] = []
                try await withFollower(t.fixture, filter: filter) { follower in
                    for try await event in follower.events(from: start) {
                        if case .caughtUp = event { break }
                        if case .record(let record, _) = event {
                            lines.append("\(record.id) \(record.sender) \(record.operation)")
                        }
                    }
                }
                return lines
            }
            let deletions = RecordFilter(sources: [.init(sender: "public.t", operations: [.delete])])
            #expect(try await lines(.beginning, deletions) == ["3 public.t delete", "5 public.t delete"])
            #expect(try await lines(.id(4), RecordFilter()) == ["4 public.t insert", "5 public.t delete"])
            #expect(try await lines(.now, RecordFilter()) == [])
        }
    }

    @Test(
        "After a crash of the server it says so and goes on; what is in memory is not trusted", .timeLimit(.minutes(10))
    )
    func reset() async throws {
        try await Fixture.onOwnServer(.log) { fixture in
            try await fixture.psql("CREATE TABLE t (id int PRIMARY KEY)")
            try await fixture.withConnection { try await Attachments().attach("t", on: $0) }
            try await withFollower(fixture, poll: .milliseconds(50)) { follower in
                var told: [String] = []
                for try await event in follower.events(from: .now) {
                    switch event {
                    case .caughtUp where told.isEmpty:
                        told.append("caught up")
                        try await fixture.cluster.restart(.immediate)
                    case .reset:
                        told.append("reset")
                        try await fixture.withConnection { try await $0.query("INSERT INTO t VALUES (1)") }
                    case .record(let record, _): told.append(record.key ?? "")
                    case .caughtUp: break
                    }
                    if told.count == 3 { break }
                }
                #expect(told == ["caught up", "reset", #"{"id":1}"#])
            }
        }
    }
}
