import Heliograph
import HeliographTesting
import Testing

@Suite("Command line: explain")
struct ExplainTests {
    private func explain(_ table: String, in fixture: Fixture) async throws -> [JSONValue] {
        let outcome = try await fixture.heliograph(["explain", table, "--json"])
        #expect(outcome.status == 0, "\(outcome)")
        return try outcome.lines.map { try JSONValue(parsing: $0) }
    }

    @Test("A captured table: how, who hears it, who does so now, and where they stand", .timeLimit(.minutes(10)))
    func captured() async throws {
        try await Effects.with { effects in
            let fixture = effects.fixture
            let idle = Subscription(
                "idle", sources: [.init(sender: "public.effect", operations: [.insert])], revision: 3, lanes: 2
            ) { _, _ in }
            try await fixture.psql("ALTER TABLE effect ADD PRIMARY KEY (number)")
            try await fixture.withConnection {
                try await Attachments().attach(
                    "effect", .init(excludedColumns: ["record"], operations: [.insert], ringsBell: false), on: $0)
            }
            try await effects.withWorker([Effects.subscription(), idle], name: "explained") {
                try await effects.held(lanes: 10)
                try await fixture.psql("INSERT INTO t SELECT generate_series(1, 20)")
                try await effects.settled()
                let lines = try await explain("t", in: fixture)
                let capture = lines.first { $0["kind"]?.string == "capture" }
                #expect(capture?["sender"]?.string == "public.t" && capture?["captured"] == .bool(true))
                #expect(capture?["key"] == .array([.string("id")]) && capture?["bell"] == .bool(true))
                #expect(lines.contains { $0["kind"]?.string == "in-process" })
                let heard = lines.filter { $0["kind"]?.string == "subscription" }
                #expect(heard.map { $0["name"]?.string } == ["effects"])
                #expect(heard.first?["operations"] == .array([.string("insert"), .string("update")]))
                #expect(heard.first?["lanes"] == .number("8") && heard.first?["lag_records"] == .number("0"))
                guard case .array(let processes) = heard.first?["processes"] else {
                    Issue.record("\(heard)")
                    return
                }
                #expect(processes.map { $0["application"]?.string } == ["explained"])
            }
            let text = try await fixture.heliograph(["explain", "effect"])
            #expect(text.status == 0)
            #expect(text.lines.contains { $0.hasPrefix("excluded") && $0.hasSuffix("record") })
            #expect(text.lines.contains { $0.hasPrefix("operations") && $0.hasSuffix("  insert") })
            #expect(text.lines.contains { $0.hasPrefix("bell") && $0.contains("never rings") })
            #expect(text.lines.contains { $0.contains("afterCommit") && $0.contains("only to the process") })
            #expect(text.lines.contains { $0.hasPrefix("idle") && $0.contains("insert") && $0.contains("active") })
            #expect(text.lines.contains { $0.contains("no worker runs it") })
            #expect(!text.lines.contains { $0.hasPrefix("effects") })
        }
    }

    @Test("What a declaration says beside its sources is shown as it is")
    func declarations() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY)") { t in
            try await t.write(
                """
                SELECT heliograph.register_subscription('s', 2, '{"sources":[{"sender":"public.t","operations":["delete"],
                    "changed":["email"]},{"sender":"public.x","operations":["insert"]}],"retry":"3 times","mode":"external"}', 4, 'now');
                ALTER TABLE t DISABLE TRIGGER USER
                """)
            let lines = try await t.fixture.heliograph(["explain", "t"]).lines
            for line in ["  changed  [\"email\"]", "  retry  3 times", "  mode  external"] {
                #expect(lines.contains(line), "\(lines)")
            }
            #expect(lines.contains { $0.hasPrefix("  retry    not known") }, "no worker has registered it")
            #expect(lines.contains { $0.contains("`heliograph doctor` has") })
            let json = try await explain("t", in: t.fixture)
            let heard = json.first { $0["kind"]?.string == "subscription" }
            #expect(heard?["operations"] == .array([.string("delete")]) && heard?["policy"] == .null)
            #expect(json.first { $0["kind"]?.string == "capture" }?["findings"] != .number("0"))
        }
    }

    /// The lines about how a subscription receives.
    private func policy(in fixture: Fixture) async throws -> [String] {
        try await fixture.heliograph(["explain", "t"]).lines.filter { line in
            ["  moment ", "  order ", "  receives ", "  retry ", "  dead "].contains { line.hasPrefix($0) }
        }
    }

    @Test("How each subscription receives, in the worker's own words, whatever kind it is", .timeLimit(.minutes(10)))
    func policies() async throws {
        let sources = [RecordFilter.Source(sender: "public.t", operations: [.insert])]
        let retry = RetryPolicy(
            maximumAttempts: 5, backoff: Backoff(initial: .milliseconds(1_500), maximum: .seconds(600)),
            onDead: .release, maximumParkedPerKey: 7)
        let kinds: [(subscription: Subscription, lines: [String])] = [
            (
                Subscription("s", sources: sources) { _, _ in },
                [
                    "  moment   after the commit, in one worker process, in a transaction with its place in the log (transactional)",
                    "  order    per key; lanes side by side", "  receives each record; 20 s for each record",
                    "  retry    20 tries, the second after 10 ms, doubling to 100 ms; then a dead letter",
                    "  dead     the later records of its row wait (block); from 1000 on its lane does",
                ]
            ),
            (
                Subscription("s", batchesOf: sources, retry: retry, timeout: .seconds(90)) { _, _ in },
                [
                    "  moment   after the commit, in one worker process, in a transaction with its place in the log (transactional)",
                    "  order    per key; lanes side by side", "  receives batches; 90 s for each batch",
                    "  retry    5 tries, the second after 1.500 s, doubling to 600 s; then a dead letter",
                    "  dead     the later records of its row go on (release)",
                ]
            ),
            (
                Subscription(
                    "s", externalOn: sources, retry: .init(maximumAttempts: 1, order: .unordered), concurrency: 3
                ) { _, _ in },
                [
                    "  moment   after the commit, in one worker process, in no transaction: at least once (external)",
                    "  order    unordered: none waits for a failed one",
                    "  receives each record, up to 3 at the same time in a process; 20 s for each record",
                    "  retry    none: what fails once is a dead letter",
                ]
            ),
        ]
        try await Effects.with { effects in
            // One after the other, of one revision: it is no conflict, and the last one's is told.
            for kind in kinds {
                try await effects.withWorker([kind.subscription]) {
                    try await eventually("\(kind.lines)") { try await policy(in: effects.fixture) == kind.lines }
                }
            }
            let json = try await explain("t", in: effects.fixture).first { $0["policy"] != nil }
            #expect(
                json?["policy"]?.description
                    == #"{"mode":"external","unit":"each","concurrency":3,"timeout_seconds":20.000,"attempts":1,"#
                    + #""backoff_seconds":0.010,"longest_backoff_seconds":0.100,"on_dead":"block","#
                    + #""order":"unordered","parked_per_key":1000}"#)
        }
    }

    @Test(
        "Who stands by with an older revision has no say; the same policy again writes nothing",
        .timeLimit(.minutes(10)))
    func olderPolicy() async throws {
        try await Effects.with { effects in
            let sources = [RecordFilter.Source(sender: "public.t", operations: [.insert])]
            func subscription(revision: Int, attempts: Int) -> Subscription {
                Subscription("s", sources: sources, revision: revision, retry: .init(maximumAttempts: attempts)) {
                    _, _ in
                }
            }
            try await effects.withWorker([subscription(revision: 2, attempts: 9)]) { try await effects.held(lanes: 32) }
            let older = Worker(
                [subscription(revision: 1, attempts: 3)], database: effects.fixture.configuration,
                configuration: .forTests, logger: effects.fixture.logger)
            try await withService(older, logger: effects.fixture.logger) {
                try await eventually("it to stand by") {
                    older.health.readiness.description.contains("a newer revision is in force")
                }
            }
            #expect(try await policy(in: effects.fixture).contains { $0.hasPrefix("  retry    9 tries") })
            // The database looks at both itself.
            let notes = ["id, 1, '{}'", "id, 2, policy::text", "id, 2, '{}'"].map {
                "(SELECT heliograph.note_policy(\($0)) FROM heliograph.subscription)"
            }
            #expect(try await effects.fixture.psql("SELECT \(notes.joined(separator: ", "))") == "f|f|t")
        }
    }

    @Test("The user's own triggers, in the order in which they fire, and where the capture stands among them")
    func triggers() async throws {
        let script = """
            CREATE TABLE t (id int PRIMARY KEY, v int);
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER z_statement AFTER INSERT ON t EXECUTE FUNCTION f();
            CREATE TRIGGER a_statement AFTER INSERT OR UPDATE ON t EXECUTE FUNCTION f();
            CREATE TRIGGER z_row AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TRIGGER b_row BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TRIGGER b_statement BEFORE TRUNCATE ON t EXECUTE FUNCTION f();
            CREATE CONSTRAINT TRIGGER late AFTER DELETE ON t INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE t DISABLE TRIGGER b_statement;
            """
        try await Captured.with(script) { t in
            let explanation = try await t.fixture.withConnection { try await Explainer().explain("t", on: $0) }
            #expect(
                explanation.triggers.map {
                    "\($0.name) \($0.timing) \($0.order) \($0.operations.joined(separator: ","))"
                } == [
                    "b_statement BEFORE STATEMENT before truncate", "b_row BEFORE ROW before update",
                    "z_row AFTER ROW ahead insert", "a_statement AFTER STATEMENT ahead insert,update",
                    "z_statement AFTER STATEMENT after insert", "late AFTER ROW commit delete",
                ])
            #expect(explanation.triggers.map(\.isEnabled) == [false, true, true, true, true, true])
            #expect(explanation.triggers.allSatisfy { $0.function == "f" || $0.function == "public.f" })
            let lines = try await t.fixture.heliograph(["explain", "t"]).lines
            #expect(lines.contains { $0.hasPrefix("z_statement") && $0.contains("after the statement is recorded") })
            #expect(lines.contains { $0.hasPrefix("b_statement") && $0.hasSuffix("disabled") })
            #expect(!lines.contains { $0.contains("heliograph_") })
        }
    }

    @Test(
        "A reader may ask who hears a table, and not how it is captured in detail: that is the owner's doctor",
        .timeLimit(.minutes(10)))
    func reader() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY)") { t in
            try await t.fixture.withRole(in: ["heliograph_reader"]) { role in
                let reader = t.fixture.connecting(as: role)
                let capture = try await explain("t", in: reader).first
                #expect(capture?["captured"] == .bool(true) && capture?["findings"] == .null)
                let doctor = try await reader.heliograph(["doctor"])
                #expect(doctor.lines.count == 1 && doctor.lines.first?.contains("members of heliograph_owner") == true)
                #expect(doctor.status != 0)
            }
            try await t.fixture.withRole(in: ["heliograph_owner"]) { role in
                let owner = t.fixture.connecting(as: role)
                let capture = try await explain("t", in: owner).first
                let found = try await owner.findings()
                #expect(capture?["findings"] == .number("0"))
                #expect(found.allSatisfy { $0.check == "blind" }, "\(found)")
            }
        }
    }

    @Test("How else it is attached; a partition is captured with its table")
    func options() async throws {
        let tree =
            "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY LIST (id); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1)"
        try await Captured.with(tree, .init(isAlways: true, maximumRowSize: 1000)) { t in
            let capture = try await explain("t1", in: t.fixture).first
            #expect(capture?["table"]?.string == "public.t1" && capture?["sender"]?.string == "public.t")
            #expect(capture?["max_row"]?.string == "1000" && capture?["always"]?.string == "true")
            let lines = try await t.fixture.heliograph(["explain", "t"]).lines
            #expect(lines.contains { $0.hasPrefix("max row") && $0.hasSuffix(" 1000") })
            #expect(!lines.contains { $0.hasPrefix("nests") })
        }
    }

    @Test("A table that is not captured, that is gone, that has another name, that never was", .timeLimit(.minutes(10)))
    func others() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)") { t in
            let plain = try await t.fixture.heliograph(["explain", "u"])
            #expect(plain.status == 0 && plain.lines.first == "public.u")
            #expect(plain.lines.last?.contains("not captured") == true)
            #expect(plain.lines.last?.hasSuffix("heliograph attach u") == true)
            #expect(try await explain("u", in: t.fixture).first?["captured"] == .bool(false))
            let missing = try await t.fixture.heliograph(["explain", "nothing"])
            #expect(missing.status == 1 && missing.lines.count == 1)
            #expect(missing.lines.first?.contains("no table nothing") == true)
            try await t.write("ALTER TABLE t RENAME TO v; ALTER TABLE u RENAME TO t")
            #expect(try await explain("v", in: t.fixture).first?["sender"]?.string == "public.t")
            // The one that has the name now, and not the one that is captured under it.
            #expect(try await explain("t", in: t.fixture).first?["captured"] == .bool(false))
            try await t.write("DROP TABLE v, t")
            let gone = try await explain("public.t", in: t.fixture).first
            #expect(gone?["sender"]?.string == "public.t" && gone?["table"] == .null)
        }
        try await Fixture.with { fixture in
            let uninstalled = try await fixture.heliograph(["explain", "t"])
            #expect(uninstalled.status == 3)
        }
    }
}
