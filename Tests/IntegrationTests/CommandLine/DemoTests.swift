import Bookshop
import Heliograph
import HeliographTesting
import Testing

@testable import HeliographCLI

@Suite("Demonstration")
struct DemoTests {
    @Test("It ends with its table on real rows: lost 0, doubled 0", .timeLimit(.minutes(10)))
    func demo() async throws {
        let path = try programPath("heliograph")
        let outcome = try await Slots.shared.with {
            try await withProgram(path, ["demo"]) { program in
                try await program.ended()
                return program.lines
            }
        }
        #expect(outcome.status == 0, "\(outcome.value.suffix(5))")
        #expect(outcome.value.last?.hasPrefix("Lost 0, doubled 0.") == true)
        let through = ["API", "psql", "COPY", "UPDATE of the key", "COPY, worker killed"]
        for way in through { #expect(outcome.value.contains { $0.hasPrefix(way + " ") }, "\(way)") }
        #expect(outcome.value.contains { $0.contains("killed: its effects are written, not committed") })
        let total = outcome.value.last { $0.hasPrefix("all ") }?.split(separator: " ").map(String.init)
        #expect(total == ["all", "813", "5", "813", "810", "0", "0"])
    }

    @Test("On a given server it makes a database of its own and removes it", .timeLimit(.minutes(10)))
    func givenServer() async throws {
        try await Fixture.onOwnServer { fixture in
            let outcome = try await fixture.heliograph(["demo"])
            #expect(outcome.status == 0, "\(outcome.lines.suffix(5))")
            let databases = try await fixture.withConnection {
                try await $0.texts("SELECT datname::text FROM pg_database ORDER BY 1")
            }
            #expect(databases == ["postgres", "shop", "template0", "template1"])
            #expect(try await fixture.count("SELECT count(*) FROM pg_namespace WHERE nspname = 'heliograph'") == 0)
        }
    }

    @Test("A reader of its output that goes away ends it in order", .timeLimit(.minutes(10)))
    func brokenOutput() async throws {
        let path = try programPath("heliograph")
        try await Fixture.onOwnServer { fixture in
            let environment = ["DATABASE_URL": fixture.database.connectionString]
            let outcome = try await withProgram(
                "/bin/sh", ["-c", "\"$0\" demo | head -n 1", path], environment: environment
            ) {
                program in
                try await program.ended()
                return program.lines
            }
            #expect(outcome.value.contains("heliograph: interrupted"), "\(outcome.value)")
            #expect(!outcome.value.contains { $0.hasPrefix("Lost") })
            #expect(try await fixture.count("SELECT count(*) FROM pg_database WHERE datname ~ '^heliograph_demo'") == 0)
        }
    }

    @Test("psql gets its password where nobody else can read it", .timeLimit(.minutes(10)))
    func password() async throws {
        try await Fixture.onOwnServer { fixture in
            try await fixture.cluster.requirePassword("geheim", ofNewRole: "locked")
            let target = fixture.cluster.connectionString(database: "shop")
                .replacing("user='postgres'", with: "user='locked' password='geheim'")
            let arguments = try await Psql.find(connectionString: target).run(
                "\\! cat /proc/$PPID/cmdline 2>/dev/null || ps -o args= -p $PPID\nSELECT current_user")
            #expect(arguments.contains("dbname='shop'"))
            #expect(arguments.hasSuffix("locked"))
            #expect(!arguments.contains("geheim"))
        }
    }

    @Test("Interrupted, it leaves nothing behind", .timeLimit(.minutes(10)))
    func interrupted() async throws {
        let path = try programPath("heliograph")
        var folder = ""
        let outcome = try await Slots.shared.with {
            try await withProgram(path, ["demo"]) { program in
                let line = try await program.line(containing: "a private PostgreSQL cluster in ")
                folder = line.split(separator: " ").last.map(String.init) ?? ""
                try await program.line(containing: "Through psql")
                program.send(.interrupt)
                try await program.ended()
            }
        }
        #expect(outcome.status == 1)
        #expect(folder.hasPrefix("/"))
        #expect(!ClusterTests.exists(folder))
    }

    @Test("Its books see what is lost and what is doubled")
    func ledger() async throws {
        try await Fixture.with(.bookshop) { fixture in
            try await fixture.psql(
                DemoLedger.script + """
                    INSERT INTO users (username, email) SELECT 'u-' || n, n || '@example.org' FROM generate_series(1, 4) AS n;
                    \(DemoLedger.noting("test", users: "u-"))
                    INSERT INTO profiles (user_id) SELECT id FROM users;
                    """
            )
            func line() async throws -> DemoLedger.Line {
                try await fixture.withConnection { try #require(try await DemoLedger.lines(on: $0).first) }
            }
            let sound = try await line()
            #expect([sound.written, sound.mirrored, sound.effects, sound.lost, sound.doubled] == [4, 4, 4, 0, 0])
            // An effect too many, though the unique key hides it; one that is missing; a record that is missing.
            try await fixture.psql("INSERT INTO profiles (user_id) SELECT 1 ON CONFLICT DO NOTHING")
            #expect(try await line().doubled == 1)
            try await fixture.psql("DELETE FROM profiles WHERE user_id = 2")
            #expect(try await line().lost == 1)
            try await fixture.psql("DELETE FROM heliograph.signal_log WHERE key ->> 'id' = '3'")
            #expect(try await line().lost == 2)
            try await fixture.psql("DELETE FROM profiles WHERE user_id = 4; DELETE FROM users WHERE id = 4")
            #expect(try await line().lost == 2, "who is gone needs no Profile")
        }
    }
}
