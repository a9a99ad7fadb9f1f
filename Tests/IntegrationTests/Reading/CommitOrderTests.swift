import Heliograph
import HeliographTesting
import Testing

/// Transactions that end in any order, late, not at all or after a crash: a follower and a subscription get each change once.
@Suite("Reading: the order of commits")
struct CommitOrderTests {
    @Test(
        "One open all the time, 1,000 rolled back, hundreds of subtransactions, commits in any order",
        .timeLimit(.minutes(10)))
    func anyOrder() async throws {
        try await Effects.with { effects in
            let fixture = effects.fixture
            let isOver = Flag()
            let bell = Bell(fixture.configuration, logger: fixture.logger)
            try await fixture.withPool(maximum: 2) { pool in
                try await fixture.withConnection { open in
                    try await open.query("BEGIN")
                    try await open.query("INSERT INTO t VALUES (0)")
                    let read = try await withThrowingTaskGroup(of: [Record].self) { group in
                        group.addTask {
                            let visitor = Visitor(fixture, pool: pool, bell: bell)
                            try await visitor.visit(batchSize: 17, until: isOver)
                            return await visitor.records
                        }
                        try await effects.withWorker([Effects.subscription()]) {
                            try await load(fixture)
                            try await effects.settled()
                            // It has held nobody up.
                            #expect(try await fixture.count("SELECT count(*) FROM effect WHERE key = 0") == 0)
                            try await open.query("UPDATE t SET v = v + 1 WHERE id IN (0, 1001)")
                            try await open.query("COMMIT")
                            try await effects.settled()
                        }
                        isOver.set()
                        return try await group.reduce(into: []) { $0 += $1 }
                    }
                    try await effects.expect(faults: [])
                    try await check(read, in: fixture)
                }
            }
        }
    }

    /// What the follower got is what the table says: each row's own writes, in their order.
    private func check(_ records: [Record], in fixture: Fixture) async throws {
        #expect(Set(records.map(\.id)).count == records.count, "a record was read twice")
        let wanted = try await fixture.withConnection {
            try await $0.texts(
                """
                SELECT format('{"id":%s,"v":%s}', id, version) FROM t CROSS JOIN generate_series(0, t.v) AS version
                ORDER BY id, version
                """
            )
        }
        #expect(wanted.count > 400)
        let byKey = Dictionary(grouping: records) { $0.key ?? "" }.mapValues { $0.compactMap(\.instance) }
        let ordered = byKey.values.flatMap(\.self)
        #expect(Set(ordered) == Set(wanted))
        #expect(ordered.count == wanted.count)
        #expect(byKey.values.allSatisfy { $0 == $0.sorted { $0.count == $1.count ? $0 < $1 : $0.count < $1.count } })
    }

    private func load(_ fixture: Fixture) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await fixture.withConnection { connection in
                    for part in 0..<20 {
                        try await connection.pipeline(
                            (0..<50).flatMap { step -> [SQL] in
                                let id = Int64(100_000 + part * 50 + step)
                                return [
                                    "BEGIN", "INSERT INTO t VALUES (\(id)), (\(id + 10_000))",
                                    "UPDATE t SET v = v + 1 WHERE id = \(id)", "ROLLBACK",
                                ]
                            })
                    }
                }
            }
            // More subtransactions than a backend tells the others of (64): the odd ones are undone.
            group.addTask {
                try await fixture.withConnection { connection in
                    for round in 0..<3 {
                        var statements: [SQL] = ["BEGIN"]
                        for step in 0..<100 {
                            let id = Int64(200_000 + round * 100 + step)
                            statements += [
                                "SAVEPOINT s", "INSERT INTO t VALUES (\(id))", "SAVEPOINT inner_one",
                                "UPDATE t SET v = v + 1 WHERE id = \(id)",
                                step % 3 == 0 ? "ROLLBACK TO inner_one" : "RELEASE inner_one",
                                step % 2 == 1 ? "ROLLBACK TO s" : "RELEASE s",
                            ]
                        }
                        try await connection.pipeline(statements + ["COMMIT"])
                    }
                }
            }
            group.addTask { try await shuffled(fixture) }
            try await group.waitForAll()
        }
    }

    /// Eight transactions at a time, that begin in one order and end in another, each after the others' writes.
    private func shuffled(_ fixture: Fixture) async throws {
        var generator = SeededGenerator(seed: 7)
        try await fixture.withPool(maximum: 8) { pool in
            for round in 0..<15 {
                var order = Array(0..<8)
                order.shuffle(using: &generator)
                let turns = (0...8).map { _ in AsyncStream<Void>.makeStream() }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<8 {
                        let place = order.firstIndex(of: writer) ?? 0
                        let (mine, next) = (turns[place].stream, turns[place + 1].continuation)
                        group.addTask {
                            try await pool.withConnection { connection in
                                let id = Int64(1_000 + round * 8 + writer)
                                try await connection.pipeline([
                                    "BEGIN", "INSERT INTO t VALUES (\(id))", "UPDATE t SET v = v + 1 WHERE id = \(id)",
                                ])
                                for await _ in mine { break }
                                try await connection.query(place == 3 ? "ROLLBACK" : "COMMIT")
                                next.yield()
                            }
                        }
                    }
                    turns[0].continuation.yield()
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test(
        "Prepared, the server crashes, committed: a follower and a subscription get it once, after what came later",
        .timeLimit(.minutes(10)))
    func preparedBeforeCrash() async throws {
        try await Fixture.onOwnServer(.log) { fixture in
            let effects = try await Effects.make(in: fixture)
            try await fixture.withConnection {
                try await Attachments().attach("t", AttachOptions(ringsBell: false), on: $0)
            }
            let bell = Bell(fixture.configuration, logger: fixture.logger)
            try await fixture.withPool(maximum: 2) { pool in
                let follower = LogFollower(
                    pool: pool, bell: bell, batchSize: 7, pollInterval: .milliseconds(20), logger: fixture.logger)
                let told = Locked<[String]>([])
                let following = Task {
                    for try await event in follower.events(from: .beginning) {
                        switch event {
                        case .record(let record, _): told.change { $0.append(record.key ?? "") }
                        case .reset: told.change { $0.append("reset") }
                        case .caughtUp: break
                        }
                    }
                }
                try await effects.withWorker([Effects.subscription()]) {
                    try await fixture.psql(
                        """
                        BEGIN; INSERT INTO t SELECT generate_series(1, 50); UPDATE t SET v = v + 1 WHERE id <= 10;
                        PREPARE TRANSACTION 'kept';
                        BEGIN; INSERT INTO t VALUES (99); PREPARE TRANSACTION 'undone';
                        INSERT INTO t SELECT generate_series(100, 149);
                        """
                    )
                    try await effects.settled()
                    try await eventually("the follower to be there") { told.value.count == 50 }
                    try await fixture.cluster.restart(.immediate)
                    try await eventually("the follower to see it") { told.value.last == "reset" }
                    try await fixture.psql("INSERT INTO t SELECT generate_series(150, 199)")
                    try await effects.settled()
                    try await fixture.psql("COMMIT PREPARED 'kept'; ROLLBACK PREPARED 'undone'")
                    try await effects.settled()
                    try await eventually("the follower to have it") { told.value.count >= 50 + 1 + 50 + 60 }
                }
                following.cancel()
                _ = try? await following.value
                func keys(_ range: ClosedRange<Int>) -> [String] { range.map { #"{"id":\#($0)}"# } }
                let before = keys(100...149) + ["reset"]
                let after = keys(150...199)
                // Those of the prepared transaction begin with what it wrote first.
                let late = keys(1...50) + keys(1...10)
                #expect(told.value == before + after + late)
            }
            try await effects.expect(faults: [])
        }
    }
}
