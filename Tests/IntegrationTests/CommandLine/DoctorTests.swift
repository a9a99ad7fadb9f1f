import Heliograph
import HeliographTesting
import Testing

@Suite("Command line: doctor")
struct DoctorTests {
    private static let sound = ["fsync": "on", "full_page_writes": "on", "max_prepared_transactions": "0"]

    @Test("All is well: no findings, with tables of all kinds and a worker", .timeLimit(.minutes(10)))
    func healthy() async throws {
        try await Fixture.onOwnServer(.log, settings: Self.sound) { fixture in
            let effects = try await Effects.make(in: fixture)
            try await fixture.psql(
                """
                CREATE TYPE mood AS ENUM ('happy');
                CREATE TABLE a (x int, y text, secret text, m mood, at timestamptz, PRIMARY KEY (x, y));
                CREATE TABLE b (k int NOT NULL, v bytea);
                CREATE TABLE c (id int PRIMARY KEY, v text) PARTITION BY LIST (id);
                CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1);
                CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                CREATE TABLE d (id int PRIMARY KEY, v text);
                CREATE TRIGGER own AFTER INSERT ON d EXECUTE FUNCTION f();
                CREATE TABLE e (id int PRIMARY KEY, v text);
                SELECT heliograph.attach('c'), heliograph.attach('d'), heliograph.attach('e', always => true, max_row => 100);
                SELECT heliograph.attach('a', exclude => '{secret}', operations => '{insert,delete}');
                SELECT heliograph.attach('b', key => '{k}', bell => false);
                """)
            try await effects.withWorker([Effects.subscription()]) {
                try await fixture.psql(
                    "INSERT INTO t SELECT generate_series(1, 20); INSERT INTO b VALUES (1, ''), (1, '')")
                try await effects.settled()
                let outcome = try await fixture.heliograph(["doctor"])
                #expect(outcome.status == 0 && outcome.lines == ["no findings"], "\(outcome)")
                let json = try await fixture.heliograph(["doctor", "--json"])
                #expect(json.status == 0 && json.lines.isEmpty, "\(json)")
                #expect(try await fixture.psql("SELECT * FROM heliograph.findings()") == "")
            }
        }
    }

    @Test("It changes nothing: a transaction that may only read serves", .timeLimit(.minutes(10)))
    func readOnly() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, v int)") { t in
            try await t.write("ALTER TABLE t RENAME v TO w; DROP TRIGGER heliograph_insert ON t")
            let found = try await t.fixture.psql(
                "BEGIN READ ONLY; SELECT check_name FROM heliograph.findings(); COMMIT")
            #expect(found.contains("triggers") && found.contains("columns"))
            #expect(try await t.fixture.findings().count == 2)
        }
    }

    @Test("An error ends it with 1, a warning does not; as text and as JSON", .timeLimit(.minutes(10)))
    func findings() async throws {
        try await Fixture.onOwnServer(.log, settings: Self.sound) { fixture in
            try await fixture.psql(
                """
                CREATE TABLE t (id int PRIMARY KEY, v int); SELECT heliograph.attach('t');
                CREATE TABLE u (id int PRIMARY KEY); SELECT heliograph.attach('u');
                ALTER TABLE t ADD w int; SELECT setval('heliograph.bell', 1)
                """)
            let warned = try await fixture.heliograph(["doctor"])
            #expect(warned.status == 0 && warned.lines.count == 4, "\(warned)")
            #expect(warned.lines.first?.hasPrefix("warning  public.t: column w was added") == true)
            #expect(warned.lines.dropFirst().first == "         mend: SELECT heliograph.attach('public.t');")
            try await fixture.psql("ALTER TABLE u DISABLE TRIGGER USER")
            let failed = try await fixture.heliograph(["doctor", "--json"])
            #expect(failed.status == 1 && failed.lines.count == 3, "\(failed)")
            let first = try JSONValue(parsing: failed.lines[0])
            #expect(first["severity"]?.string == "error" && first["check"]?.string == "triggers")
            #expect(first["subject"]?.string == "public.u" && first["finding"]?.string?.contains("disabled") == true)
            #expect(first["mend"]?.string == "SELECT heliograph.attach('public.u');")
        }
    }

    @Test("A schema that is missing, older, newer; a server that is too old", .timeLimit(.minutes(10)))
    func versions() async throws {
        try await Fixture.with { fixture in
            let missing = try await fixture.heliograph(["doctor"])
            #expect(missing.status == 3 && missing.lines.count == 1)
            #expect(missing.lines.first?.contains("heliograph migrate") == true)
            let older = Migrator.migrations.prefix { !$0.name.contains("findings") }
            try await fixture.psql(
                """
                CREATE SCHEMA heliograph; CREATE TABLE heliograph.migration
                    (version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
                """
                    + older.map {
                        "\($0.sql); INSERT INTO heliograph.migration VALUES (\($0.version), '\($0.name)');"
                    }.joined(separator: "\n"))
            let outdated = try await fixture.heliograph(["doctor", "--json"])
            #expect(outdated.status == 1 && outdated.lines.count == 1, "\(outdated)")
            let finding = try JSONValue(parsing: outdated.lines.first ?? "")
            #expect(finding["check"]?.string == "schema-version")
            #expect(finding["mend"]?.string == "heliograph migrate")
            #expect(try await fixture.heliograph(["migrate"]).status == 0)
            #expect(try await fixture.findings().isEmpty)
            try await fixture.psql("INSERT INTO heliograph.migration (version, name) VALUES (9999, 'future')")
            let newer = try await fixture.findings()
            #expect(newer.map(\.check) == ["schema-version"] && newer.first?.mend == "Upgrade this program.")
            // An older server cannot be had: one that says so.
            try await fixture.psql(
                """
                CREATE SCHEMA past;
                CREATE FUNCTION past.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '140012' $$;
                ALTER DATABASE \(fixture.database.name) SET search_path = past, pg_catalog, public
                """)
            let old = try await fixture.findings()
            #expect(old.map(\.check) == ["server-version"] && old.first?.text.contains("PostgreSQL 14") == true)
        }
    }

    @Test(
        "A pooler in transaction mode, one that swallows notifications; a worker refuses the first",
        .timeLimit(.minutes(10)))
    func poolers() async throws {
        try await Slots.shared.with {
            let cluster = try await LocalCluster.start(settings: Self.sound, network: .loopback)
            do {
                let pooler = try TransactionPooler(to: cluster.port)
                let mute = try Proxy(to: cluster.port, swallowsNotifications: true)
                defer {
                    pooler.end()
                    mute.end()
                }
                func configuration(_ port: Int) -> ConnectionConfiguration {
                    ConnectionConfiguration("host=127.0.0.1 port=\(port) user=postgres dbname=postgres sslmode=disable")
                }
                let direct = configuration(cluster.port)
                try await Connection.with(direct) { connection in
                    try await Migrator().migrate(on: connection)
                    #expect(try await Doctor().examine(on: connection).isEmpty)
                }
                for (port, words) in [(pooler.port, "pooler in transaction mode"), (mute.port, "did not arrive")] {
                    for second in [nil, configuration(port)] {
                        let found = try await Connection.with(configuration(port)) { connection in
                            try await Doctor(second).examine(on: connection)
                        }
                        #expect(found.map(\.check) == ["pooler"] && found.first?.severity == .error, "\(found)")
                        #expect(found.first?.text.contains(words) == true)
                    }
                }
                let worker = Worker(
                    [Effects.subscription()], database: configuration(pooler.port), configuration: .forTests,
                    logger: CapturedLog().logger)
                let error = await #expect(throws: WorkerError.self) { try await worker.run() }
                #expect(error?.code == .pooler)
                try await cluster.stop()
            } catch {
                try? await cluster.stop()
                throw error
            }
        }
    }

    @Test("Under another schema's name: the same findings, and mends that name it", .timeLimit(.minutes(10)))
    func otherSchema() async throws {
        try await Fixture.with { fixture in
            let schema = try SchemaName("shop_log")
            try await fixture.psql("CREATE TABLE t (id int PRIMARY KEY)")
            try await fixture.withConnection { connection in
                try await Migrator(schema: schema).migrate(on: connection)
                try await Attachments(schema: schema).attach("t", on: connection)
            }
            let baseline: Set = ["setting", "prepare"]
            func found() async throws -> [Finding] {
                try await fixture.withConnection { try await Doctor(schema: schema).examine(on: $0) }
                    .filter { !baseline.contains($0.check) }
            }
            #expect(try await found().isEmpty)
            try await fixture.psql("ALTER TABLE t ADD v int; SELECT setval('shop_log.bell', 1)")
            let drifted = try await found()
            #expect(Set(drifted.map(\.check)) == ["columns", "pump"])
            for finding in drifted { try await fixture.psql(finding.mend) }
            #expect(try await found().isEmpty)
        }
    }
}
