import BookshopClient
import Heliograph
import HeliographProgram
import HeliographTesting
import Logging

/// The tutorial, live: a backend, two workers, writes by several programs, and one worker that is killed.
struct Demo: Sendable {
    let database: DemoDatabase
    private let screen = DemoScreen()
    private let logger = Terminal.logger("heliograph.demo")

    init(database: DemoDatabase) { self.database = database }

    /// - Returns: Whether nothing was lost and nothing doubled.
    func run() async throws -> Bool {
        Terminal.say("heliograph demo, on \(database.place)")
        let isVerbose = Terminal.isVerbose
        let echo: @Sendable (String) -> Void = { line in if isVerbose { Terminal.complain(line) } }
        let path = try programPath("bookshop-server")
        return try await withProgram(
            path, ["--port", "0", "--until-end-of-input"], environment: database.environment,
            onLine: echo
        ) { server in
            let address = try await server.line(containing: "listens on http://")
            guard let url = address.split(separator: " ").last, let client = BookshopClient(url: String(url)) else {
                throw DemoError("bookshop-server said where it listens in an unknown form: \(address)")
            }
            Terminal.say("bookshop-server (process \(server.processID)) has made schema and tables, and serves \(url)")
            try await database.psql.run(DemoLedger.script)
            return try await withWorker(1, onLine: echo) { first in
                try await withWorker(2, onLine: echo) { second in
                    try await tell(
                        DemoStory(database: database, screen: screen, client: client, workers: [first, second]))
                }
            }
        }.value
    }

    private func withWorker<R: Sendable>(
        _ number: Int, onLine: @escaping @Sendable (String) -> Void, _ body: (DemoWorker) async throws -> R
    ) async throws -> R {
        let name = "demo worker \(number)"
        let path = try programPath("bookshop-worker")
        return try await withProgram(
            path, ["--no-migrate", "--until-end-of-input", "--name", name],
            environment: database.environment, onLine: onLine
        ) { program in
            try await program.line(containing: "works")
            Terminal.say("bookshop-worker \(number) (process \(program.processID)) works")
            return try await body(DemoWorker(name: name, program: program))
        }.value
    }

    /// The story, beside a reader of the log that shows each signal as it comes.
    private func tell(_ story: DemoStory) async throws -> Bool {
        let pool = ConnectionPool(.init(database.configuration, maximum: 2), logger: logger)
        let bell = Bell(database.configuration, logger: logger)
        let follower = LogFollower(pool: pool, bell: bell, logger: logger)
        let screen = screen
        let lines = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bell.run() }
            group.addTask {
                for try await event in follower.events(from: .beginning) {
                    if case .record(let record, _) = event { screen.show(record) }
                }
            }
            defer { group.cancelAll() }
            return try await story.tell()
        }
        await pool.shutDown()
        return conclude(lines)
    }

    private func conclude(_ lines: [DemoLedger.Line]) -> Bool {
        screen.title("What became of it, by the tables themselves")
        let lost = lines.map(\.lost).reduce(0, +)
        let doubled = lines.map(\.doubled).reduce(0, +)
        let header = ["WRITTEN THROUGH", "TABLE", "WRITTEN", "DELETED", "MIRRORED", "EFFECTS", "LOST", "DOUBLED"]
        let rows = lines.map { line in
            [
                line.through, line.table, "\(line.written)", "\(line.deleted)", "\(line.mirrored)", "\(line.effects)",
                "\(line.lost)", "\(line.doubled)",
            ]
        }
        let sum = { (part: KeyPath<DemoLedger.Line, Int>) in "\(lines.map { $0[keyPath: part] }.reduce(0, +))" }
        let total = [
            "all", "", sum(\.written), sum(\.deleted), sum(\.mirrored), sum(\.effects), "\(lost)", "\(doubled)",
        ]
        for line in Terminal.table([header] + rows + [total]) { Terminal.say(line) }
        Terminal.say("")
        let isSound = lost == 0 && doubled == 0 && !lines.isEmpty
        Terminal.say(
            isSound
                ? "Lost 0, doubled 0. (Who was deleted before the worker came needs no Profile.)"
                : "LOST \(lost), DOUBLED \(doubled): this must not happen."
        )
        return isSound
    }
}
