import Heliograph
import HeliographTesting
import Testing

/// Migrating without a superuser, on servers of their own: roles belong to the cluster.
@Suite("Roles: migration", .serialized)
struct RoleMigrationTests {
    private let page = try? Document("roles.md")

    /// Whose the schema is and what is in it, but for the functions that run for the writers.
    private func owners(in fixture: Fixture) async throws -> [String] {
        try await fixture.withConnection {
            try await $0.texts(
                """
                SELECT DISTINCT owner::regrole::text FROM heliograph.objects()
                WHERE NOT (kind = 'routine' AND owner = 'heliograph_capture'::regrole) ORDER BY 1
                """)
        }
    }

    private func migrate(as role: String, in fixture: Fixture) async throws -> Migrator.Outcome {
        try await fixture.connecting(as: role).withConnection { try await Migrator().migrate(on: $0) }
    }

    @Test(
        "The statements of docs/roles.md do: migration, attach, a worker, a reader, none of them a superuser",
        .timeLimit(.minutes(10)))
    func documented() async throws {
        let page = try #require(page)
        try await Fixture.onOwnServer { fixture in
            try await fixture.psql(page.sample("as a superuser: groups"))
            try await fixture.psql(page.sample("as a superuser: owner"))
            let migrated = try await fixture.connecting(as: "shop_admin").heliograph(["migrate"])
            #expect(migrated.status == 0 && migrated.lines.last?.contains("is at version") == true, "\(migrated)")
            #expect(try await owners(in: fixture) == ["heliograph_owner"])
            #expect(try await migrate(as: "shop_admin", in: fixture).missingRoleStatements == [])
            // Once the schema is there, CREATE on the database is needed no more.
            try await fixture.psql("REVOKE CREATE ON DATABASE shop FROM shop_admin")
            #expect(try await migrate(as: "shop_admin", in: fixture).missingRoleStatements == [])

            try await fixture.psql("CREATE ROLE keeper LOGIN; CREATE SCHEMA shop AUTHORIZATION keeper")
            try await fixture.psql(
                as: "keeper",
                "CREATE TABLE shop.orders (id int PRIMARY KEY); CREATE TABLE shop.invoices (order_id int, record bigint)"
            )
            try await fixture.psql(as: "keeper", page.sample("as the table's owner: attach"))
            let attached = try await fixture.connecting(as: "shop_admin").heliograph(["attach", "shop.orders"])
            #expect(attached.lines == ["attached shop.orders"])
            try await fixture.psql(page.sample("as a superuser: worker") + page.sample("as a superuser: reader"))
            try await fixture.psql("GRANT USAGE ON SCHEMA shop TO shop_worker")
            try await fixture.psql(as: "keeper", "INSERT INTO shop.orders SELECT generate_series(1, 20)")
            let invoices = Subscription(
                "invoices", sources: [.init(sender: "shop.orders", operations: [.insert])], start: .beginning
            ) { record, tx in
                try await tx.execute("INSERT INTO shop.invoices VALUES (1, \(record.id))")
            }
            let member = fixture.connecting(as: "shop_worker")
            let worker = Worker(
                [invoices], database: member.configuration, configuration: .forTests, logger: member.logger)
            try await withService(worker, logger: fixture.logger) {
                try await eventually("the effects") {
                    try await fixture.count("SELECT count(*) FROM shop.invoices") >= 20
                }
            }
            #expect(try await fixture.count("SELECT count(DISTINCT record) FROM shop.invoices") == 20)
            #expect(try await fixture.count("SELECT count(*) FROM shop.invoices") == 20)
            let reader = fixture.connecting(as: "shop_reader")
            #expect(try await reader.heliograph(["tail", "--from", "beginning", "--no-follow"]).lines.count == 20)
            #expect(try await reader.heliograph(["status"]).status == 0)
        }
    }

    @Test(
        "The database's owner without the groups: it goes on, says what is missing, and the next run does the rest",
        .timeLimit(.minutes(10)))
    func withoutGroups() async throws {
        try await Fixture.onOwnServer { fixture in
            try await fixture.psql("CREATE ROLE bob LOGIN; ALTER DATABASE shop OWNER TO bob")
            let error = await #expect(throws: PostgresError.self) { try await migrate(as: "bob", in: fixture) }
            #expect(error?.sqlState == "HG020")
            try await fixture.psql("CREATE ROLE heliograph_capture NOLOGIN; GRANT heliograph_capture TO bob")
            let member = fixture.connecting(as: "bob")
            let first = try await member.heliograph(["migrate"])
            #expect(first.status == 0)
            #expect(
                first.lines.contains {
                    $0.contains("CREATE ROLE heliograph_owner NOLOGIN;") && $0.contains("Then migrate again")
                },
                "\(first)")
            #expect(try await owners(in: fixture) == ["bob"])
            try await fixture.psql(as: "bob", "CREATE TABLE t (id int PRIMARY KEY)")
            try await member.withConnection { try await Attachments().attach("t", on: $0) }
            try await fixture.psql(
                as: "bob", "INSERT INTO t VALUES (1); SELECT heliograph.rotate(); INSERT INTO t VALUES (2)")

            // What it asked for, word for word, by an administrator.
            let missing = try await migrate(as: "bob", in: fixture).missingRoleStatements
            try await fixture.psql(missing.joined(separator: "\n"))
            #expect(try await migrate(as: "bob", in: fixture).missingRoleStatements == [])
            #expect(try await owners(in: fixture) == ["heliograph_owner"])
            try await fixture.psql(as: "bob", "SELECT heliograph.rotate(); INSERT INTO t VALUES (3)")
            #expect(try await fixture.count("SELECT count(*) FROM heliograph.signal_log") == 3)
            try await fixture.withRole(in: ["heliograph_reader"]) { role in
                let count = try await fixture.psql(as: role, "SELECT count(*) FROM heliograph.signal_log")
                #expect(count == "3")
            }
        }
    }

    @Test("A superuser makes no owner of all databases out of the owner of one", .timeLimit(.minutes(10)))
    func keepsItsOwner() async throws {
        try await Fixture.onOwnServer { fixture in
            try await fixture.psql(
                """
                CREATE ROLE bob LOGIN; ALTER DATABASE shop OWNER TO bob;
                CREATE ROLE heliograph_capture NOLOGIN; GRANT heliograph_capture TO bob;
                """)
            _ = try await migrate(as: "bob", in: fixture)
            let outcome = try await migrate(as: "postgres", in: fixture)
            #expect(outcome.missingRoleStatements.count == 1)
            #expect(outcome.missingRoleStatements.first?.hasPrefix("GRANT heliograph_owner TO bob") == true)
            #expect(try await owners(in: fixture) == ["bob"])
            #expect(try await fixture.count("SELECT count(*) FROM pg_auth_members WHERE member = 'bob'::regrole") == 1)
            // Workers and readers are let in all the same.
            try await fixture.withRole(in: ["heliograph_reader"]) { role in
                let count = try await fixture.psql(as: role, "SELECT count(*) FROM heliograph.signal_log")
                #expect(count == "0")
            }
        }
    }

    @Test(
        "A role with CREATEROLE makes the groups itself; databases that migrate at once share them",
        .timeLimit(.minutes(10)))
    func createRole() async throws {
        try await Fixture.onOwnServer { fixture in
            try await fixture.psql("CREATE ROLE boss LOGIN CREATEROLE CREATEDB")
            let names = (1...4).map { "shop\($0)" }
            for name in names { try await fixture.psql(as: "boss", "CREATE DATABASE \(name)") }
            try await withThrowingTaskGroup(of: [String].self) { group in
                for name in names {
                    let target = fixture.cluster.connectionString(database: name)
                    let database = Fixture(
                        cluster: fixture.cluster, database: TestDatabase(name: name, connectionString: target))
                    group.addTask {
                        let outcome = try await migrate(as: "boss", in: database)
                        return outcome.missingRoleStatements + (try await owners(in: database))
                    }
                }
                for try await found in group { #expect(found == ["heliograph_owner"]) }
            }
        }
    }
}
