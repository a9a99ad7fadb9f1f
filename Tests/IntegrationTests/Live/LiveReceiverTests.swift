import Heliograph
import HeliographTesting
import Testing

@Suite("Live receivers")
struct LiveReceiverTests {
    private struct Oops: Error {}

    @Test(
        "Typed by model, by change and scope; one that throws is told of and holds nobody up", .timeLimit(.minutes(10)))
    func typed() async throws {
        try await Captured.with(Observing.table) { t in
            let told = Locked<[String]>([])
            @Sendable func tell(_ text: String) { told.change { $0.append(text) } }
            func setUp(_ mirror: LiveMirror) {
                mirror.beginnings.connect("load") { _ in tell("load") }
                mirror.connect("broken", on: Observing.Row.self) { _ in throw Oops() }
                let isNew = mirror.connect("cache", on: Observing.Row.self) { event in
                    tell("\(event.isOwn ? "own " : "")\(event.record.operation.rawValue) \(event.instance.v)")
                }
                let again = mirror.connect("cache", on: Observing.Row.self) { _ in tell("never") }
                #expect(isNew && !again)
                mirror.connect("births", on: Observing.Row.self, .created, scope: .mirrored) { event in
                    tell("birth of \(event.instance.v)")
                }
                mirror.connect("all", from: Observing.Row.mapping.sender) { live in
                    if live.record.operation == .truncate { tell("empty") }
                }
            }
            try await Observing.with(t.fixture, setUp: setUp) { one in
                try await eventually("the beginning") { told.value == ["load"] }
                let id = try #require(try await one.write("a"))
                try await t.write(
                    "UPDATE t SET v = 'b'; INSERT INTO t (v) VALUES ('c'); DELETE FROM t WHERE v = 'b'; TRUNCATE t")
                try await eventually("the end") { told.value.last == "empty" }
                #expect(id > 0)
                #expect(
                    told.value == [
                        "load", "own insert a", "update b", "insert c", "birth of c", "delete b", "empty",
                    ])
                let failures = t.fixture.log.lines.filter { $0.contains("a live receiver failed") }
                #expect(failures.count == 4, "each but the TRUNCATE, which has no row")
                #expect(failures.allSatisfy { $0.contains("receiver.id=broken") && $0.contains("error=Oops") })
                #expect(one.mirror.disconnect("cache", from: Observing.Row.mapping.sender))
                try await t.write("INSERT INTO t (v) VALUES ('d')")
                try await eventually("the other") { told.value.last == "birth of d" }
                #expect(!told.value.contains("insert d"))
            }
        }
    }

    @Test(
        "Connected while the log is read: what commits after that is told, whatever was read before",
        .timeLimit(.minutes(10)))
    func late() async throws {
        let tables = Observing.table + "CREATE TABLE u (id bigint PRIMARY KEY);"
        try await Captured.with(tables, attaching: ["t", "u"]) { t in
            let hasBegun = Flag()
            func setUp(_ mirror: LiveMirror) { mirror.beginnings.connect("begun") { _ in hasBegun.set() } }
            try await Observing.with(t.fixture, setUp: setUp) { one in
                try await eventually("the beginning") { hasBegun.isSet }
                one.mirror.connect("busy", on: Observing.Row.self) { _ in }
                let isOver = Flag()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    // The reader is always in the middle of something.
                    group.addTask { while !isOver.isSet { try await one.write("x") } }
                    defer { isOver.set() }
                    for n in 1...60 {
                        let heard = Locked<[String]>([])
                        one.mirror.connect("late", from: "public.u") { live in
                            heard.change { $0.append(live.record.key ?? "") }
                        }
                        try await one.database.transaction { try await $0.execute("INSERT INTO u VALUES (\(n))") }
                        try await eventually("number \(n) to be told", within: .seconds(60)) {
                            heard.value.contains(#"{"id":\#(n)}"#)
                        }
                        one.mirror.disconnect("late", from: "public.u")
                    }
                }
            }
        }
    }

    @Test(
        "After a crash of the server: .reset, and receivers load again; what commits then is told",
        .timeLimit(.minutes(10)))
    func restart() async throws {
        try await Fixture.onOwnServer(.log) { fixture in
            try await fixture.psql(Observing.table)
            try await fixture.withConnection { try await Attachments().attach("t", on: $0) }
            let loads = Locked(0)
            let told = Locked<[String]>([])
            func setUp(_ mirror: LiveMirror) {
                mirror.beginnings.connect("load") { _ in loads.change { $0 += 1 } }
                mirror.connect("cache", on: Observing.Row.self) { event in told.change { $0.append(event.instance.v) } }
            }
            try await Observing.with(fixture, setUp: setUp) { one in
                try await one.hearing(.everywhere) { heard in
                    try await one.write("before")
                    try await eventually("it to be heard") { heard.count == 1 && told.value.count == 1 }
                    try await fixture.cluster.restart(.immediate)
                    try await eventually("the reset") { heard.resets == 1 && loads.value == 2 }
                    try await fixture.psql("INSERT INTO t (v) VALUES ('after')")
                    try await eventually("what comes after") { heard.count == 2 && told.value.count == 2 }
                    #expect(told.value == ["before", "after"])
                    #expect(heard.resets == 1 && heard.lags == 0)
                }
            }
        }
    }

    @Test("A database without an origin, or of another log, is refused with what to do; a missing schema ends all")
    func setUp() async throws {
        try await Fixture.with { fixture in
            try await fixture.withPool { pool in
                let bell = Bell(fixture.configuration, logger: fixture.logger)
                func refusal(_ database: Database) -> LogError? {
                    do {
                        _ = try LiveMirror(
                            fixture.configuration, bell: bell, database: database, logger: fixture.logger)
                        return nil
                    } catch {
                        return error
                    }
                }
                #expect(refusal(Database(pool: pool))?.message.contains("SignalContext.makeOrigin") == true)
                #expect(refusal(Database(pool: pool, origin: "x", logSchema: "other"))?.code == .badArgument)
                #expect(refusal(Database(pool: pool, origin: "x")) == nil)

                let mirror = try LiveMirror(fixture.configuration, bell: bell, logger: fixture.logger)
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let error = await #expect(throws: LogError.self) { try await mirror.run() }
                        #expect(error?.code == .notInstalled)
                    }
                    group.addTask {
                        let error = await #expect(throws: LogError.self) {
                            for try await _ in mirror.events(.everywhere) {}
                        }
                        #expect(error?.code == .notInstalled)
                    }
                }
            }
        }
    }

    @Test(
        "A log that goes away ends the sequences with the reason, and not the process; when it is there again all goes on",
        .timeLimit(.minutes(10)))
    func interruption() async throws {
        try await Captured.with(Observing.table) { t in
            let loads = Locked(0)
            let told = Locked<[String]>([])
            func setUp(_ mirror: LiveMirror) {
                mirror.beginnings.connect("load") { _ in loads.change { $0 += 1 } }
                mirror.connect("cache", on: Observing.Row.self) { event in told.change { $0.append(event.instance.v) } }
            }
            let settings = LiveMirror.Configuration(pollInterval: .milliseconds(50))
            try await Observing.with(t.fixture, settings: settings, setUp: setUp) { one in
                try await eventually("the beginning") { loads.value == 1 }
                var isThere = true
                let error = await #expect(throws: LogError.self) {
                    for try await event in one.mirror.events(.everywhere) {
                        guard isThere, case .caughtUp = event else { continue }
                        isThere = false
                        try await t.write("ALTER SCHEMA heliograph RENAME TO elsewhere")
                    }
                }
                #expect(error?.code == .notInstalled)
                try await t.write("ALTER SCHEMA elsewhere RENAME TO heliograph")
                try await eventually("the receivers to be told") { loads.value == 2 }
                try await t.write("INSERT INTO t (v) VALUES ('again')")
                try await eventually("what comes after") { told.value == ["again"] }
                try await one.hearing(.everywhere) { heard in
                    try await one.write("heard")
                    try await eventually("another sequence to hear") { heard.count == 1 }
                }
            }
        }
    }
}
