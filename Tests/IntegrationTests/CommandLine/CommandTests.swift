import Heliograph
import HeliographTesting
import Testing

@Suite("Command line")
struct CommandTests {
    @Test("migrate, attach, tail, status: from an empty database to a record", .timeLimit(.minutes(10)))
    func wholeWay() async throws {
        try await Fixture.with { fixture in
            try await fixture.psql("CREATE TABLE users (id bigint PRIMARY KEY, email text, secret text)")
            let dry = try await fixture.heliograph(["migrate", "--dry-run"])
            #expect(dry.status == 0 && dry.lines.first == "would apply 1 schema")
            #expect(try await fixture.count("SELECT count(*) FROM pg_namespace WHERE nspname = 'heliograph'") == 0)
            let migrated = try await fixture.heliograph(["migrate"])
            #expect(migrated.status == 0)
            let newest = Migrator.migrations.count
            #expect(migrated.lines.last == "schema heliograph is at version \(newest)")
            let again = try await fixture.heliograph(["migrate"])
            #expect(again.lines == ["schema heliograph is at version \(newest): nothing to do"])

            let attached = try await fixture.heliograph([
                "attach", "users", "--exclude", "secret", "--on", "insert,delete",
            ])
            #expect(attached.status == 0 && attached.lines == ["attached public.users"])
            try await fixture.psql(
                "INSERT INTO users VALUES (1, 'a', 'x'); UPDATE users SET email = 'b'; DELETE FROM users")
            let tail = try await fixture.heliograph(["tail", "users", "--from", "beginning", "--no-follow", "--json"])
            #expect(tail.status == 0 && tail.lines.count == 2)
            let record = try JSONValue(parsing: tail.lines[0])
            #expect(record["instance"]?.description == #"{"id":1,"email":"a"}"#)
            #expect(try await fixture.heliograph(["tail", "--from", "2", "--count", "1", "--json"]).lines.count == 1)
            for (format, member) in [("cloudevents", "specversion"), ("debezium", "op")] {
                let one = try await fixture.heliograph(["tail", "--from", "2", "--count", "1", "--format", format])
                #expect(try JSONValue(parsing: one.lines.first ?? "")[member] != nil)
            }

            let status = try await fixture.heliograph(["status"])
            #expect(status.status == 0)
            #expect(
                status.lines.contains {
                    $0.hasPrefix("public.users") && $0.contains("insert,delete") && $0.contains("secret")
                })
            let json = try await fixture.heliograph(["status", "--json"]).lines.map { try JSONValue(parsing: $0) }
            #expect(json.contains { $0["kind"]?.string == "table" && $0["sender"]?.string == "public.users" })
            #expect(json.contains { $0["kind"]?.string == "log" && $0["newest_id"] == .number("2") })

            #expect(try await fixture.heliograph(["detach", "users"]).lines == ["detached users"])
            #expect(try await fixture.heliograph(["detach", "users"]).lines == ["users was not attached"])
        }
    }

    @Test(
        "migrate attaches again what has changed since, and leaves to a person what a person has to choose",
        .timeLimit(.minutes(10)))
    func drift() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql(
                """
                CREATE TABLE plain (id int PRIMARY KEY, v text); CREATE TABLE secret (id int PRIMARY KEY, v text);
                CREATE TABLE tree (id int PRIMARY KEY) PARTITION BY RANGE (id);
                SELECT heliograph.attach('plain'), heliograph.attach('secret', exclude => '{v}'), heliograph.attach('tree');
                ALTER TABLE plain RENAME v TO w; ALTER TABLE secret RENAME v TO w; CREATE TABLE leaf PARTITION OF tree DEFAULT;
                """
            )
            let migrated = try await fixture.heliograph(["migrate"])
            #expect(migrated.status == 0)
            #expect(
                migrated.lines.dropFirst() == [
                    "attached public.plain again: its columns or triggers have changed",
                    "attached public.tree again: its columns or triggers have changed",
                ], "\(migrated.lines)")
            let records = try await Captured(fixture: fixture).records(
                of:
                    "INSERT INTO plain VALUES (1, 'a'); UPDATE plain SET w = 'b'; INSERT INTO secret VALUES (1, 'x'); TRUNCATE leaf;"
            )
            #expect(
                records == [
                    #"insert {"id":1} {"id":1,"w":"a"}"#,
                    #"update {"id":1} changed {w} from {"w":"a"} {"id":1,"w":"b"}"#,
                    #"insert {"id":1} {"id":1}"#, "truncate",
                ])
            #expect(try await fixture.heliograph(["migrate"]).lines.count == 1)
        }
    }

    @Test("The SQL that migrate and attach print serves psql as well", .timeLimit(.minutes(10)))
    func printedSQL() async throws {
        try await Fixture.with { fixture in
            let script = try await fixture.heliograph(["migrate", "--sql"])
            #expect(script.status == 0)
            try await fixture.psql("BEGIN;\n" + script.lines.joined(separator: "\n") + "\nCOMMIT;")
            #expect(try await fixture.heliograph(["migrate"]).lines.last?.hasSuffix("nothing to do") == true)
            try await fixture.psql("CREATE TABLE t (id int PRIMARY KEY)")
            let attach = try await fixture.heliograph(["attach", "t", "--sql"])
            try await fixture.psql("BEGIN;\n" + attach.lines.joined(separator: "\n") + "\nCOMMIT;")
            try await fixture.psql("INSERT INTO t VALUES (1)")
            #expect(try await fixture.heliograph(["tail", "--from", "beginning", "--no-follow"]).lines.count == 1)
        }
    }

    @Test("tail follows: a record that is committed later is printed at once", .timeLimit(.minutes(10)))
    func following() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY);") { t in
            let path = try programPath("heliograph")
            let environment = ["DATABASE_URL": t.fixture.database.connectionString]
            let outcome = try await withProgram(
                path, ["tail", "--from", "beginning", "--count", "2", "--json"], environment: environment
            ) { program in
                try await t.write("INSERT INTO t VALUES (1)")
                try await program.line(containing: #""key":{"id":1}"#)
                try await t.write("INSERT INTO t VALUES (2)")
                try await program.line(containing: #""key":{"id":2}"#)
                try await program.ended()
            }
            #expect(outcome.status == 0)
        }
    }

    @Test("Mistakes: one line on what to do, and the documented exit status", .timeLimit(.minutes(10)))
    func mistakes() async throws {
        try await Fixture.with { fixture in
            let nowhere = "host=/nonexistent dbname=x"
            let attempts: [(arguments: [String], url: String?, status: Int32, says: String)] = [
                (["status"], "", 3, "set DATABASE_URL"),
                (["status"], nowhere, 3, "/nonexistent"),
                (["status"], nil, 3, "heliograph migrate"),
                (["tail"], nil, 3, "heliograph migrate"),
                (["attach", "t"], nil, 3, "heliograph migrate"),
                (["migrate", "--schema", "Bad-Name"], nil, 2, "cannot be the schema"),
                (["attach"], nil, 2, "Missing expected argument"),
                (["attach", "t", "--on", "nothing"], nil, 2, "nothing"),
                (["tail", "--count", "0"], nil, 2, "--count"),
                (["tail", "--from", "yesterday"], nil, 2, "yesterday"),
                (["nonsense"], nil, 2, "nonsense"),
                (["status"], "postgres://h/d?nonsense=1", 3, "connection string is wrong"),
            ]
            for attempt in attempts {
                let outcome = try await fixture.heliograph(attempt.arguments, url: attempt.url)
                #expect(outcome.status == attempt.status, "\(attempt.arguments): \(outcome)")
                #expect(outcome.lines.count == 1, "\(attempt.arguments): \(outcome.lines)")
                #expect(outcome.lines.first?.contains(attempt.says) == true, "\(attempt.arguments): \(outcome.lines)")
                #expect(outcome.lines.first?.hasPrefix("heliograph: ") == true)
            }
        }
        try await Fixture.with(.log) { fixture in
            for (arguments, status, says) in [
                (["attach", "nothing"], 3, "no table nothing"), (["tail", "nothing"], 3, "heliograph attach nothing"),
                (["attach", "heliograph.tick"], 1, "the log's own"), (["detach", "nothing"], 3, "no table nothing"),
            ] as [([String], Int32, String)] {
                let outcome = try await fixture.heliograph(arguments)
                #expect(outcome.status == status && outcome.lines.count == 1, "\(arguments): \(outcome)")
                #expect(outcome.lines.first?.contains(says) == true, "\(arguments): \(outcome.lines)")
            }
            try await fixture.psql("INSERT INTO heliograph.migration (version, name) VALUES (9999, 'future')")
            let newer = try await fixture.heliograph(["migrate"])
            #expect(newer.status == 3 && newer.lines.first?.contains("newer than this program") == true)
        }
    }

    @Test("A wrong password is one line, and does not repeat it", .timeLimit(.minutes(10)))
    func wrongPassword() async throws {
        let cluster = try await LocalCluster.shared
        try await cluster.requirePassword("right", ofNewRole: "locked_cli")
        try await Fixture.with { fixture in
            let url = "host=\(cluster.path) user=locked_cli password=hunter2 dbname=\(fixture.database.name)"
            let outcome = try await fixture.heliograph(["status"], url: url)
            #expect(outcome.status == 3 && outcome.lines.count == 1)
            #expect(outcome.lines.first?.contains("password authentication failed") == true)
            #expect(outcome.lines.first?.contains("hunter2") == false)
        }
    }

    @Test("The Bookshop's programs end the same way", .timeLimit(.minutes(10)))
    func bookshopMistakes() async throws {
        try await Fixture.with { fixture in
            for program in ["bookshop-server", "bookshop-worker"] {
                for (arguments, url, status, says) in [
                    ([], "", 3, "set DATABASE_URL"), ([], "host=/nonexistent", 3, "/nonexistent"),
                    (["--no-migrate"], fixture.database.connectionString, 3, "heliograph migrate"),
                    (["--nonsense"], fixture.database.connectionString, 2, "nonsense"),
                ] as [([String], String, Int32, String)] {
                    let path = try programPath(program)
                    let outcome = try await withProgram(path, arguments, environment: ["DATABASE_URL": url]) {
                        running in
                        try await running.ended()
                        return running.lines
                    }
                    #expect(outcome.status == status, "\(program) \(arguments): \(outcome)")
                    #expect(outcome.value.last?.hasPrefix("\(program): ") == true, "\(outcome.value)")
                    #expect(outcome.value.last?.contains(says) == true, "\(outcome.value)")
                }
            }
        }
    }
}
