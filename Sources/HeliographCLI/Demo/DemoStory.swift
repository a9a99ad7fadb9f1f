import BookshopClient
import Heliograph
import HeliographProgram
import HeliographTesting

/// What happens in the demonstration, step by step.
struct DemoStory: Sendable {
    let database: DemoDatabase
    let screen: DemoScreen
    let client: BookshopClient
    let workers: [DemoWorker]

    /// So long may a step take before it counts as not happening.
    private static let patience = Duration.seconds(60)

    func tell() async throws -> [DemoLedger.Line] {
        let connection = try await Connection.connect(
            database.configuration, logger: Terminal.logger("heliograph.demo")
        )
        do {
            let lines = try await tell(on: connection)
            await connection.close()
            return lines
        } catch {
            await connection.close()
            throw error
        }
    }

    private func tell(on connection: Connection) async throws -> [DemoLedger.Line] {
        // Profiles and Summaries as well, to see them come.
        try await Attachments().attach("profiles", on: connection)
        try await Attachments().attach("summaries", on: connection)

        screen.title("Through the API: three users, three books")
        try await writeThroughAPI()
        try await settle(on: connection)

        screen.title("Through psql: what Django's signals would not see")
        try await database.psql.run(
            """
            INSERT INTO users (username, email)
                SELECT 'psql-' || n, 'psql-' || n || '@example.org' FROM generate_series(1, 3) AS n;
            INSERT INTO books (title) VALUES ('psql-Middlemarch'), ('psql-Emma');
            \(DemoLedger.noting("psql", users: "psql-"))
            BEGIN;
            INSERT INTO users (username, email) VALUES ('rolled-back', 'rolled-back@example.org');
            ROLLBACK;
            """
        )
        try await settle(on: connection)

        screen.title("Through COPY: 200 users and 100 books in two statements")
        try await database.psql.run(
            Self.copy("copy-", users: 200, books: 100) + DemoLedger.noting("COPY", users: "copy-"))
        try await settle(on: connection)

        screen.title("By an UPDATE that changes keys: deleted, then created; the Profile goes along")
        try await database.psql.run(
            """
            UPDATE users SET id = id + 1000000 WHERE username IN ('psql-1', 'psql-2');
            \(DemoLedger.noting("UPDATE of the key", users: "psql-"))
            """
        )
        try await settle(on: connection)

        screen.title("A worker is killed (SIGKILL) in the middle of a batch")
        try await killInMidBatch(on: connection)
        try await settle(on: connection)
        return try await DemoLedger.lines(on: connection)
    }

    private func writeThroughAPI() async throws {
        for name in ["ada", "grace", "edsger"] {
            try await post("/users", #"{"username":"api-\#(name)","email":"\#(name)@example.org"}"#, expecting: 201)
        }
        for title in ["Persuasion", "Villette", "Cranford"] {
            try await post("/books", #"{"title":"api-\#(title)"}"#, expecting: 201)
        }
        try await post("/users", #"{"username":"api-ada2","email":" ADA@example.org"}"#, expecting: 422)
        try await database.psql.run(DemoLedger.noting("API", users: "api-"))
    }

    private func post(_ path: String, _ body: String, expecting status: Int) async throws {
        let answer = try await client.send("POST", path, body: body)
        Terminal.say("   POST \(path) \(body) → \(answer.status)" + (status == 201 ? "" : " \(answer.body)"))
        guard answer.status == status else {
            throw DemoError("POST \(path) answered \(answer.status), not \(status): \(answer.body)")
        }
    }

    // MARK: The kill

    /// Lets a worker run into a locked row in the middle of its batch, so that it is surely killed between its first effects
    /// and its commit.
    private func killInMidBatch(on connection: Connection) async throws {
        // Frozen for a moment, so that the row can be locked after it is committed and before a worker comes to it.
        for worker in workers { worker.program.send(.stop) }
        try await database.psql.run(
            Self.copy("crash-", users: 400, books: 100)
                + """
                \(DemoLedger.noting("COPY, worker killed", users: "crash-"))
                DELETE FROM users WHERE username IN ('crash-7', 'crash-177', 'crash-377');
                """
        )
        Terminal.say("   400 users and 100 books by COPY; three of the users are deleted again at once")
        // The Profile's foreign key must look at the user's row, and waits for this lock.
        try await connection.query("BEGIN")
        try await connection.query("SELECT FROM users WHERE username = 'crash-200' FOR UPDATE")
        for worker in workers { worker.program.send(.proceed) }

        let victim = try await workerInMidBatch(behind: connection)
        victim.program.send(.kill)
        try await victim.program.ended()
        let died = ContinuousClock.now
        Terminal.say(
            "   \(victim.name) (process \(victim.program.processID)) killed: its effects are written, not committed")
        try await wait("the server to end the dead worker's session", on: database.configuration) { other in
            try await sessions(of: victim, on: other) == 0
        }
        Terminal.say("   the server has ended its session after \(Self.seconds(since: died)): its lanes are free")
        try await connection.query("ROLLBACK")
    }

    /// The worker whose open transaction waits for this session's lock.
    private func workerInMidBatch(behind connection: Connection) async throws -> DemoWorker {
        let holder = connection.backendProcessID
        var found: DemoWorker?
        try await wait("a worker to be in the middle of its batch", on: database.configuration) { other in
            let rows = try await other.query(
                """
                SELECT application_name FROM pg_stat_activity
                WHERE \(holder) = ANY (pg_blocking_pids(pid)) AND datname = current_database()
                """
            )
            let name = try rows.first?.decode(0, as: String.self)
            found = workers.first { $0.name == name }
            return found != nil
        }
        guard let found else { throw DemoError("no worker came to the locked row") }
        return found
    }

    private func sessions(of worker: DemoWorker, on connection: Connection) async throws -> Int {
        let rows = try await connection.query(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = \(worker.name) AND datname = current_database()"
        )
        return try rows.first?.decode(0) ?? 0
    }

    // MARK: Waiting

    /// Waits until all is mirrored and has had its effect, and until the screen has shown it.
    private func settle(on connection: Connection) async throws {
        let start = ContinuousClock.now
        try await wait("Profiles and Summaries", on: database.configuration) { other in
            guard try await DemoLedger.isSettled(on: other) else { return false }
            let status = try await StatusReader().read(on: other)
            guard status.subscriptions.allSatisfy({ $0.lagRecords == 0 }) else { return false }
            let rows = try await other.query("SELECT count(*) FROM heliograph.signal_log")
            return try rows.first?.decode(0) == screen.told
        }
        screen.endStep()
        Terminal.say(Terminal.colour("   all mirrored and done after \(Self.seconds(since: start))", 2))
    }

    private func wait(
        _ what: String, on configuration: ConnectionConfiguration, until condition: (Connection) async throws -> Bool
    ) async throws {
        let connection = try await Connection.connect(configuration, logger: Terminal.logger("heliograph.demo"))
        do {
            try await eventually(what, within: Self.patience, every: .milliseconds(20)) {
                try await condition(connection)
            }
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    private static func seconds(since start: ContinuousClock.Instant) -> String {
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        return "\((milliseconds / 10).rounded() / 100) s"
    }

    /// Two COPY statements with their data, for psql.
    private static func copy(_ prefix: String, users: Int, books: Int) -> String {
        let userLines = (1...users).map { "\(prefix)\($0)\t\(prefix)\($0)@example.org\n" }.joined()
        let bookLines = (1...books).map { "\(prefix)\($0)\n" }.joined()
        return
            "COPY users (username, email) FROM STDIN;\n\(userLines)\\.\nCOPY books (title) FROM STDIN;\n\(bookLines)\\.\n"
    }
}
