import Heliograph
import HeliographTesting
import Testing

/// Tables whose owner is not the one who attaches, in a schema that the capture role may not use.
@Suite("Roles: tables of other owners")
struct OtherOwnerTests {
    /// A table `shop.t` of `keeper`; `clerk` is a member of heliograph_owner and may use the schema.
    private func with(_ body: (_ t: Captured, _ keeper: String, _ clerk: String) async throws -> Void) async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.withRole { keeper in
                try await fixture.withRole(in: ["heliograph_owner"]) { clerk in
                    try await fixture.psql("CREATE SCHEMA shop AUTHORIZATION \(keeper)")
                    try await fixture.psql(
                        as: keeper,
                        """
                        CREATE TABLE shop.t (id int PRIMARY KEY, v text);
                        REVOKE ALL ON SCHEMA shop FROM public; GRANT USAGE ON SCHEMA shop TO \(clerk);
                        """)
                    try await body(Captured(fixture: fixture), keeper, clerk)
                }
            }
        }
    }

    private func attach(as role: String, _ options: AttachOptions = .init(), in t: Captured) async throws {
        try await t.fixture.connecting(as: role).withConnection {
            try await Attachments().attach("shop.t", options, on: $0)
        }
    }

    @Test("TRIGGER on the table is enough; without it the error names the GRANT", .timeLimit(.minutes(10)))
    func trigger() async throws {
        try await with { t, keeper, clerk in
            let error = await #expect(throws: LogError.self) { try await attach(as: clerk, in: t) }
            #expect(error?.code == .notPermitted)
            #expect(
                error?.message
                    == "\(clerk) may not make the triggers of table shop.t: GRANT TRIGGER ON shop.t TO \(clerk);")
            try await t.fixture.psql(as: keeper, "GRANT TRIGGER ON shop.t TO \(clerk)")
            try await attach(as: clerk, in: t)
            try await attach(as: clerk, in: t)
            try await t.fixture.psql(
                as: keeper,
                "INSERT INTO shop.t VALUES (1, 'a'); UPDATE shop.t SET v = 'b'; ALTER TABLE shop.t ADD w int")
            try await t.fixture.psql(as: clerk, "SELECT heliograph.rotate()")
            try await t.fixture.psql(as: keeper, "DELETE FROM shop.t; TRUNCATE shop.t")
            #expect(
                try await t.records == [
                    #"insert {"id":1} {"id":1,"v":"a"}"#,
                    #"update {"id":1} changed {v} from {"v":"a"} {"id":1,"v":"b"}"#,
                    #"delete {"id":1} {"id":1,"v":"b","w":null}"#, "truncate",
                ])
            #expect(
                try await t.fixture.count("SELECT count(*) FROM heliograph.signal_log WHERE writer = \(keeper)") == 4)
            // It is no right on the rows.
            #expect(try await t.fixture.refusal(of: "DELETE FROM shop.t", as: clerk)?.contains("denied") == true)
        }
    }

    @Test("Taking triggers away takes the owner's membership, and it says so", .timeLimit(.minutes(10)))
    func detach() async throws {
        try await with { t, keeper, clerk in
            try await t.fixture.psql(as: keeper, "GRANT TRIGGER ON shop.t TO \(clerk)")
            try await attach(as: clerk, in: t)
            try await t.fixture.connecting(as: clerk).withConnection { connection in
                let error = await #expect(throws: LogError.self) {
                    try await Attachments().detach("shop.t", on: connection)
                }
                #expect(
                    error?.message
                        == "\(clerk) may not change the triggers of table shop.t: GRANT \(keeper) TO \(clerk);")
                let fewer = AttachOptions(operations: [.insert])
                let refused = await #expect(throws: LogError.self) {
                    try await Attachments().attach("shop.t", fewer, on: connection)
                }
                #expect(refused?.message.contains("GRANT \(keeper) TO \(clerk)") == true)
                try await t.fixture.psql("GRANT \(keeper) TO \(clerk)")
                try await Attachments().attach("shop.t", fewer, on: connection)
                #expect(try await Attachments().detach("shop.t", on: connection))
            }
            try await t.fixture.psql(as: keeper, "INSERT INTO shop.t VALUES (1)")
            #expect(try await t.records == [])
        }
    }

    @Test(
        "Partitions: TRIGGER on each; the owner makes new ones, and cannot log for another table",
        .timeLimit(.minutes(10)))
    func partitions() async throws {
        try await with { t, keeper, clerk in
            try await t.fixture.psql(
                as: keeper,
                """
                CREATE TABLE shop.p (id int PRIMARY KEY) PARTITION BY RANGE (id);
                CREATE TABLE shop.p1 PARTITION OF shop.p FOR VALUES FROM (0) TO (10);
                GRANT TRIGGER ON shop.p TO \(clerk);
                """)
            let attach = "SELECT heliograph.attach('shop.p')"
            let refusal = try await t.fixture.refusal(of: attach, as: clerk)
            #expect(
                refusal?.hasSuffix("\(clerk) may not make the triggers of table shop.p1") == true,
                "\(refusal ?? "none")")
            try await t.fixture.psql(as: keeper, "GRANT TRIGGER ON shop.p1 TO \(clerk)")
            try await t.fixture.psql(as: clerk, attach)
            try await t.fixture.psql(
                as: keeper,
                """
                CREATE TABLE shop.p2 PARTITION OF shop.p FOR VALUES FROM (10) TO (20);
                CREATE TABLE shop.p3 (id int PRIMARY KEY);
                ALTER TABLE shop.p ATTACH PARTITION shop.p3 FOR VALUES FROM (20) TO (30);
                INSERT INTO shop.p VALUES (1), (11), (21);
                """)
            #expect(
                try await t.records == [
                    #"insert {"id":1} {"id":1}"#, #"insert {"id":11} {"id":11}"#, #"insert {"id":21} {"id":21}"#,
                ])
            let function = try await t.fixture.psql("SELECT function_name FROM heliograph.attachment")
            let forged = try await t.fixture.refusal(
                of: """
                    CREATE TABLE shop.mine (id int PRIMARY KEY);
                    CREATE TRIGGER forge AFTER INSERT ON shop.mine FOR EACH ROW EXECUTE FUNCTION heliograph.\(function)();
                    INSERT INTO shop.mine VALUES (1);
                    """, as: keeper)
            #expect(forged?.contains("may not log as shop.p") == true, "\(forged ?? "it went through")")
        }
    }

    @Test(
        "A table that cannot be locked beforehand is waited for no longer, and cannot change meanwhile",
        .timeLimit(.minutes(10)))
    func busy() async throws {
        try await with { t, keeper, clerk in
            try await t.fixture.psql(as: keeper, "GRANT TRIGGER ON shop.t TO \(clerk)")
            try await t.fixture.connecting(as: keeper).withConnection { writer in
                try await t.fixture.connecting(as: clerk).withConnection { connection in
                    try await writer.query("BEGIN")
                    try await writer.query("INSERT INTO shop.t VALUES (1)")
                    // Once, in a transaction: there it is not tried again.
                    try await connection.query("BEGIN")
                    let error = await #expect(throws: LogError.self) {
                        try await Attachments().attach("shop.t", on: connection)
                    }
                    #expect(error?.code == .tableBusy)
                    #expect(error?.message.contains("is in use by open transactions") == true)
                    try await connection.query("ROLLBACK")
                    try await writer.query("COMMIT")

                    try await connection.query("BEGIN")
                    try await connection.query("SELECT heliograph.lock_for_triggers('shop.t')")
                    try await writer.query("SET lock_timeout = '50ms'")
                    for change in ["RENAME TO u", "DROP COLUMN v", "ADD w int", "DROP CONSTRAINT t_pkey"] {
                        let error = await #expect(throws: PostgresError.self) {
                            try await writer.query("ALTER TABLE shop.t \(unsafe: change)")
                        }
                        #expect(error?.sqlState == .lockNotAvailable, "\(change): \(error?.message ?? "")")
                    }
                    // Writers may go on.
                    try await writer.query("INSERT INTO shop.t VALUES (2)")
                    try await connection.query("COMMIT")
                }
            }
        }
    }
}
