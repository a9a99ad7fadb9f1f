import BookshopClient
import Heliograph
import HeliographTesting
import Testing

@Suite("Bookshop: worker processes")
struct BookshopWorkerTests {
    private static let lacking = """
        SELECT (SELECT count(*) FROM users WHERE NOT EXISTS (SELECT FROM profiles WHERE user_id = users.id))
            + (SELECT count(*) FROM books WHERE NOT EXISTS (SELECT FROM summaries WHERE book_id = books.id))
        """

    private func settled(_ fixture: Fixture) async throws {
        try await eventually("Profiles and Summaries") { try await fixture.count(SQL(unsafe: Self.lacking)) == 0 }
    }

    @Test(
        "A user inserted by psql while no worker runs gets its Profile when one starts; SIGTERM ends it with status 0",
        .timeLimit(.minutes(10)))
    func whileNobodyRuns() async throws {
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.psql(
                "INSERT INTO users (username, email) VALUES ('ada', 'ada@example.org'); INSERT INTO books (title) VALUES ('Emma')"
            )
            let path = try programPath("bookshop-worker")
            let outcome = try await withProgram(path, environment: ["DATABASE_URL": fixture.database.connectionString])
            { program in
                try await settled(fixture)
                program.send(.terminate)
                try await program.ended()
            }
            #expect(outcome.status == 0)
            #expect(try await fixture.count("SELECT count(*) FROM profiles WHERE bio = 'This is my bio.'") == 1)
            #expect(try await fixture.count("SELECT count(*) FROM summaries WHERE content = ''") == 1)
        }
    }

    @Test(
        "A second SIGTERM cuts off what the first one waits for: nothing of it has happened", .timeLimit(.minutes(10)))
    func secondSignal() async throws {
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.psql("INSERT INTO users (username, email) VALUES ('ada', 'ada@example.org')")
            try await fixture.withConnection { lock in
                try await lock.query("BEGIN")
                try await lock.query("SELECT FROM users FOR UPDATE")
                let path = try programPath("bookshop-worker")
                let environment = ["DATABASE_URL": fixture.database.connectionString]
                let outcome = try await withProgram(
                    path, ["--name", "victim", "--shutdown-deadline", "600"], environment: environment
                ) { program in
                    try await eventually("the worker to be in mid-batch") {
                        try await fixture.count(
                            """
                            SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim'
                            AND datname = current_database() AND wait_event_type = 'Lock'
                            """) == 1
                    }
                    program.send(.terminate)
                    try await program.line(containing: "shutting down")
                    program.send(.terminate)
                    try await program.ended()
                    return program.lines
                }
                #expect(outcome.status == 1)
                #expect(outcome.value.contains { $0.contains("a second signal") })
                try await lock.query("ROLLBACK")
            }
            #expect(try await fixture.count("SELECT count(*) FROM profiles") == 0)
            try await fixture.withBookshopWorker { _ in try await settled(fixture) }
        }
    }

    @Test(
        "A worker killed between effect and commit leaves neither, and its successor does both",
        .timeLimit(.minutes(10))
    )
    func killedInMidBatch() async throws {
        try await Fixture.with(.bookshop) { fixture in
            // The attempts, which the unique key of profiles would hide.
            try await fixture.psql(
                """
                CREATE TABLE attempt (key bigint);
                CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN INSERT INTO attempt VALUES (NEW.user_id); RETURN NEW; END $$;
                CREATE TRIGGER note BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION note();
                INSERT INTO users (username, email) SELECT 'u' || n, n || '@example.org' FROM generate_series(1, 100) AS n;
                """
            )
            try await fixture.withConnection { lock in
                try await lock.query("BEGIN")
                // The Profile's foreign key looks at the user's row and waits: in the middle of the worker's batch.
                try await lock.query("SELECT FROM users WHERE id = 50 FOR UPDATE")
                try await fixture.withBookshopWorker("victim") { victim in
                    try await eventually("the worker to be in mid-batch") {
                        try await fixture.count(
                            "SELECT count(*) FROM pg_stat_activity WHERE \(lock.backendProcessID) = ANY (pg_blocking_pids(pid)) AND application_name = 'victim'"
                        ) == 1
                    }
                    victim.send(.kill)
                    try await victim.ended()
                }
                try await eventually("the server to end the dead worker's sessions") {
                    try await fixture.count(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim' AND datname = current_database()"
                    ) == 0
                }
                #expect(try await fixture.count("SELECT count(*) FROM profiles") == 0, "no effect")
                #expect(
                    try await fixture.count(
                        """
                        SELECT count(*) FROM heliograph.position JOIN heliograph.subscription AS s ON s.id = subscription
                        WHERE name = 'create-profile' AND version > 1
                            AND lane IN (SELECT heliograph.lane(lane_hash, s.lanes) FROM heliograph.signal_log)
                        """
                    ) == 0, "no position"
                )
                try await lock.query("ROLLBACK")
            }
            try await fixture.withBookshopWorker("successor") { _ in try await settled(fixture) }
            #expect(try await fixture.count("SELECT count(*) FROM profiles") == 100)
            #expect(try await fixture.count("SELECT count(*) FROM attempt") == 100, "each effect once")
        }
    }

    @Test(
        "A worker that is frozen beyond its time-outs loses its lanes, and does nothing twice when it thaws",
        .timeLimit(.minutes(10)))
    func frozen() async throws {
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.psql(
                "CREATE TABLE attempt (key bigint); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO attempt VALUES (NEW.user_id); RETURN NEW; END $$; CREATE TRIGGER note BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION note();"
            )
            try await fixture.withBookshopWorker("frozen") { frozen in
                try await fixture.psql("INSERT INTO users (username, email) VALUES ('a', 'a@example.org')")
                try await settled(fixture)
                frozen.send(.stop)
                // The server would end its sessions after their time-outs; the operator is quicker.
                try await eventually("the frozen worker's sessions to end") {
                    try await fixture.psql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'frozen' AND datname = current_database()"
                    ).isEmpty
                }
                try await fixture.withBookshopWorker("other") { _ in
                    try await fixture.psql(
                        "INSERT INTO users (username, email) SELECT 'u' || n, n || '@example.org' FROM generate_series(1, 200) AS n"
                    )
                    try await settled(fixture)
                    frozen.send(.proceed)
                    try await fixture.psql(
                        "INSERT INTO users (username, email) SELECT 'v' || n, 'v' || n || '@example.org' FROM generate_series(1, 200) AS n"
                    )
                    try await settled(fixture)
                    try await eventually("the thawed worker to work again") {
                        try await fixture.withConnection { connection in
                            Set(try await StatusReader().read(on: connection).holders.map(\.applicationName)) == [
                                "frozen", "other",
                            ]
                        }
                    }
                }
            }
            #expect(try await fixture.count("SELECT count(*) FROM profiles") == 401)
            #expect(try await fixture.count("SELECT count(*) FROM attempt") == 401)
        }
    }

    @Test(
        "The programs may start in any order, all at once: one sets up, the others find it done",
        .timeLimit(.minutes(10)))
    func startTogether() async throws {
        try await Fixture.with { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<4 {
                    group.addTask {
                        try await fixture.withBookshopWorker("w\(index)") { _ in
                            try await eventually("a user and its Profile") {
                                try await fixture.count("SELECT count(*) FROM profiles") == 1
                            }
                        }
                    }
                }
                group.addTask {
                    try await fixture.withServer { api, _ in
                        let answer = try await api.send("POST", "/users", body: #"{"username":"a","email":"a@b.org"}"#)
                        #expect(answer.status == 201)
                        try await settled(fixture)
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
