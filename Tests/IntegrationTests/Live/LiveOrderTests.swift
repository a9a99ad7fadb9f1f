import Heliograph
import HeliographTesting
import Testing

@Suite("Live observers: what they are told, and in which order")
struct LiveOrderTests {
    private static let writers = 6
    private static let rounds = 25

    /// Commits, rolls back and commits out of order, all at the same time; some as process one, some without any.
    private func write(_ t: Captured, _ one: Observing) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(writer))
                    try await t.fixture.withConnection { connection in
                        for round in 0..<Self.rounds {
                            // A row of its own, which names writer and round; and one that all of them want.
                            let own: SQL = "INSERT INTO t (v) VALUES (\("\(writer)/\(round)"))"
                            let shared: SQL = "UPDATE t SET v = v || \("+") WHERE id = 1"
                            let undone = Int.random(in: 0..<5, using: &random) == 0
                            if writer % 2 == 0 {
                                _ = try? await one.database.transaction { tx in
                                    try await tx.execute(own)
                                    try await tx.execute(shared)
                                    if undone { throw Cancel("on purpose") }
                                }
                            } else {
                                try await connection.query("BEGIN")
                                try await connection.query(own)
                                try await connection.query(shared)
                                try await connection.query(undone ? "ROLLBACK" : "COMMIT")
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func number(_ live: LiveRecord) -> (writer: Int, round: Int)? {
        let parts = (try? live.record.instance(of: Observing.Row.self).v)?.split(separator: "/").compactMap { Int($0) }
        guard let parts, parts.count == 2 else { return nil }
        return (parts[0], parts[1])
    }

    /// What is wrong with the order, if anything.
    private func fault(in heard: [LiveRecord]) -> String? {
        var lastOfRow: [String: Int64] = [:]
        var lastOfWriter: [Int: Int] = [:]
        for live in heard {
            let key = live.record.key ?? ""
            if let last = lastOfRow[key], last > live.record.id { return "row \(key): \(live.record.id) after \(last)" }
            lastOfRow[key] = live.record.id
            // A writer begins its next transaction when the last one is committed.
            guard let (writer, round) = number(live) else { continue }
            if let last = lastOfWriter[writer], last > round { return "writer \(writer): \(round) after \(last)" }
            lastOfWriter[writer] = round
        }
        return nil
    }

    @Test(
        "Many commit at once: every process hears each change once, as the log has them; its own are its own",
        .timeLimit(.minutes(10)))
    func concurrent() async throws {
        try await Captured.with(Observing.table) { t in
            try await t.write(
                "INSERT INTO t (id, v) OVERRIDING SYSTEM VALUE VALUES (1, 'shared'); SELECT setval('t_id_seq', 1)")
            try await Observing.with(t.fixture, "one") { one in
                try await Observing.with(t.fixture, "two") { two in
                    try await one.hearing(.everywhere) { all in
                        try await one.hearing(.local) { local in
                            try await two.hearing(.everywhere) { other in
                                try await write(t, one)
                                let logged = try await t.fixture.withConnection { connection in
                                    try await connection.query("SELECT id FROM heliograph.signal_log ORDER BY id").map {
                                        try $0.decode(0, as: Int64.self)
                                    }
                                }
                                // All but the first, which was there before.
                                let expected = Set(logged.dropFirst())
                                try await eventually("all to be heard") {
                                    all.count >= expected.count && other.count >= expected.count
                                }
                                for heard in [all, other] {
                                    let ids = heard.records.map(\.record.id)
                                    #expect(Set(ids) == expected && ids.count == expected.count)
                                    #expect(fault(in: heard.records) == nil)
                                }
                                let own = all.records.filter(\.isOwn)
                                try await eventually("its own") { local.count >= own.count }
                                #expect(!own.isEmpty && own.count < expected.count)
                                #expect(local.records.map(\.record.id) == own.map(\.record.id), "the same order")
                                for live in own {
                                    let context = try JSONValue(parsing: live.record.context ?? "")
                                    #expect(context["origin"]?.string == one.database.origin)
                                }
                                #expect(other.records.allSatisfy { !$0.isOwn })
                                // The checker sees what it is for.
                                #expect(fault(in: all.records.reversed()) != nil)
                            }
                        }
                    }
                }
            }
        }
    }

    @Test(
        "A slow observer is told so and misses nothing; a fast one is not held up by it; both share one reader",
        .timeLimit(.minutes(10)))
    func slow() async throws {
        let settings = LiveMirror.Configuration(
            pollInterval: .seconds(3600), batchSize: 20, bufferedRecords: 60, bufferedBytes: 1 << 20)
        try await Captured.with(Observing.table) { t in
            try await Observing.with(t.fixture, "mirror", settings: settings) { one in
                var slow = one.mirror.events(.everywhere).makeAsyncIterator()
                guard case .caughtUp = try await slow.next() else {
                    Issue.record("it did not begin")
                    return
                }
                let sessions: SQL = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mirror'"
                let total = 3_000
                try await one.hearing(.everywhere) { fast in
                    #expect(try await t.fixture.count(sessions) == 1, "one reader")
                    try await t.write("INSERT INTO t (v) SELECT n::text FROM generate_series(1, 1000) AS n")
                    for n in 1_001...1_500 { try await one.write("\(n)") }
                    try await t.write("INSERT INTO t (v) SELECT n::text FROM generate_series(1501, \(total)) AS n")
                    try await eventually("the fast one to hear all") { fast.count == total }
                    #expect(Set(fast.records.map(\.record.id)).count == total)
                    #expect(fault(in: fast.records) == nil)
                    // Only now the slow one goes on, and while it does there is more.
                    let heard = Heard()
                    for n in 1...100 {
                        try await one.write("later \(n)")
                        for _ in 0..<40 where heard.count < total + n {
                            if let event = try await slow.next() { heard.note(event) }
                        }
                    }
                    while heard.count < total + 100, let event = try await slow.next() { heard.note(event) }
                    #expect(heard.lags >= 1)
                    #expect(heard.records.map(\.record.id).count == total + 100)
                    #expect(Set(heard.records.map(\.record.id)).count == total + 100, "nothing twice")
                    #expect(fault(in: heard.records) == nil)
                    // It has joined again: what comes next comes from the shared reader, and no second connection is needed.
                    try await one.write("the end")
                    var isOver = false
                    while !isOver, let event = try await slow.next() {
                        if case .record(let live) = event {
                            isOver = try live.record.instance(of: Observing.Row.self).v == "the end"
                        }
                    }
                    #expect(isOver)
                }
            }
        }
    }

    @Test("A place that was told is one to begin from, here and in another process", .timeLimit(.minutes(10)))
    func places() async throws {
        try await Captured.with(Observing.table) { t in
            try await Observing.with(t.fixture, "one") { one in
                try await one.hearing(.everywhere) { first in
                    for n in 1...6 { try await one.write("\(n)") }
                    try await eventually("all") { first.count == 6 }
                    let place = try #require(LogPlace(first.records[2].place.description))
                    try await Observing.with(t.fixture, "two") { two in
                        for mirror in [one.mirror, two.mirror] {
                            var rest: [Int64] = []
                            for try await event in mirror.events(.everywhere, from: .place(place)) {
                                if case .record(let live) = event { rest.append(live.record.id) }
                                if case .caughtUp = event { break }
                            }
                            #expect(rest == first.records.dropFirst(3).map(\.record.id))
                            var all: [Int64] = []
                            for try await event in mirror.events(.mirrored, from: .beginning) {
                                if case .record(let live) = event { all.append(live.record.id) }
                                if case .caughtUp = event { break }
                            }
                            #expect(all.count == (mirror === one.mirror ? 0 : 6))
                        }
                    }
                }
            }
        }
    }
}
