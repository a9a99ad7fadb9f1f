import Heliograph
import HeliographTesting
import Testing

/// What the doctor finds about the capture of tables: each is provoked, found, mended as printed, and found no more.
@Suite("Doctor: the capture of tables")
struct FindingsTests {
    @Test(
        "A table that drifts: found, mended as printed, found no more",
        arguments: Drift.places + Drift.functions + Drift.trees + Drift.columns)
    func drift(_ drift: Drift) async throws {
        try await Captured.with(drift.table, drift.options) { t in
            #expect(try await t.fixture.findings().isEmpty)
            try await t.write(drift.script)
            try await t.fixture.expectMended(drift.severity, drift.check, drift.words, with: drift.others)
        }
    }

    @Test("The mend keeps how the table was attached")
    func options() async throws {
        let options = AttachOptions(
            excludedColumns: ["secret"], keyColumns: ["v", "id"], operations: [.insert, .delete], ringsBell: false,
            isAlways: true, maximumRowSize: 5000)
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, secret text)", options) { t in
            let registered: SQL = """
                SELECT concat_ws(' ', excluded, key_columns, operations, bell, always, max_row) FROM heliograph.attachment
                """
            let before = try await t.fixture.withConnection { try await $0.texts(registered) }
            try await t.write("ALTER TABLE t DISABLE TRIGGER USER")
            try await t.fixture.expectMended(.error, "triggers", "disabled")
            #expect(try await t.fixture.withConnection { try await $0.texts(registered) } == before)
        }
    }

    @Test("A secret under a new name stays out of the log, by the mend as well")
    func secret() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, secret text)", Drift.hidden) { t in
            try await t.write("ALTER TABLE t RENAME secret TO plain; ALTER TABLE t ADD more text")
            try await t.fixture.expectMended(.warning, "excluded", "secret is gone or renamed", with: ["columns"])
            try await t.expect("INSERT INTO t VALUES (1, 'hush', 'hush')", gives: [#"insert {"id":1} {"id":1}"#])
        }
    }

    @Test("A key that is gone and has no successor: said, and what to do first")
    func lostKey() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, v int)") { t in
            try await t.write("ALTER TABLE t DROP id")
            let finding = try await t.fixture.findings().first { $0.check == "key" }
            #expect(finding?.severity == .error)
            #expect(finding?.mend.hasPrefix("Add a primary key") == true)
            try await t.write("ALTER TABLE t ADD PRIMARY KEY (v)")
            try await t.fixture.expectMended(.error, "key", "column id", with: ["columns"])
        }
    }

    @Test("Names that need quoting, types of all kinds: nothing is found where nothing is wrong")
    func oddNames() async throws {
        let table = """
            CREATE TYPE mood AS ENUM ('happy');
            CREATE TABLE "Odd ""T" ("I d" int, "a, b" timestamptz, "null::pg_catalog.text as x" mood, "é" bytea, "select" text,
                n int4range, PRIMARY KEY ("I d", "select"));
            CREATE TABLE u (k int NOT NULL, v text);
            """
        for options in [AttachOptions(), AttachOptions(excludedColumns: ["é"], operations: [.truncate])] {
            try await Captured.with(table, attaching: [#""Odd ""T""#], options) { t in
                try await t.fixture.withConnection {
                    // A key that was never unique is what its owner says it is.
                    try await Attachments().attach("u", .init(keyColumns: ["k"]), on: $0)
                }
                #expect(try await t.fixture.findings().isEmpty)
            }
        }
        try await Captured.with(table, attaching: [#""Odd ""T""#], .init(excludedColumns: ["é"])) { t in
            try await t.write(#"ALTER TABLE "Odd ""T" ADD "x ""y" int"#)
            try await t.fixture.expectMended(.error, "columns", #"column "x ""y" was added"#)
        }
    }

    @Test("Writers of prepared transactions: found where the server has them, and where the bell is rung")
    func prepared() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY)") { t in
            let finding = try #require(try await t.fixture.findings(of: "findings()").first { $0.check == "prepare" })
            #expect(finding.severity == "warning")
            await #expect(throws: LocalClusterError.self) {
                try await t.write("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'doctor_findings'")
            }
            try await t.write(finding.mend)
            #expect(try await !t.fixture.findings(of: "findings()").contains { $0.check == "prepare" })
            try await t.write(
                "BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'doctor_mended'; COMMIT PREPARED 'doctor_mended'")
        }
    }

    @Test("A refusal that no other check knows of is told as it is")
    func otherRefusal() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY)") { t in
            try await t.write(
                """
                CREATE OR REPLACE FUNCTION heliograph.capture_now(a heliograph.attachment, relation regclass) RETURNS text
                LANGUAGE plpgsql AS $$ BEGIN RAISE 'never heard of' USING errcode = 'HG019', hint = 'Do this.'; END $$
                """)
            let found = try await t.fixture.findings()
            #expect(found.map(\.check) == ["attach"] && found.first?.severity == .error)
            #expect(found.first?.text.contains("never heard of") == true && found.first?.mend == "Do this.")
        }
    }

    @Test("A table that cannot be looked at hides nothing of another")
    func isolated() async throws {
        try await Captured.with(
            "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY);", attaching: ["t", "u"]
        ) { t in
            try await t.write(
                """
                CREATE OR REPLACE FUNCTION heliograph.check_key(relation regclass, key text[]) RETURNS void LANGUAGE plpgsql AS
                    'BEGIN IF relation = ''public.t''::regclass THEN RAISE division_by_zero; END IF; END';
                ALTER TABLE u DISABLE TRIGGER USER
                """)
            let found = try await t.fixture.findings()
            #expect(found.contains { $0.subject == "public.t" && $0.check == "capture" && $0.severity == .error })
            #expect(found.contains { $0.subject == "public.u" && $0.check == "triggers" })
            // Nor does an area that fails hide another.
            try await t.write("ALTER TABLE heliograph.incarnation RENAME TO elsewhere")
            let rest = try await t.fixture.findings()
            #expect(rest.contains { $0.subject == "doctor" && $0.check == "server" && $0.severity == .error })
            #expect(rest.contains { $0.check == "triggers" })
        }
    }
}
