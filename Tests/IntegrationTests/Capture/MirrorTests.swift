import Foundation
import Heliograph
import HeliographTesting
import Testing

@Suite("The log as a mirror: applied to empty copies it rebuilds the tables")
struct MirrorTests {
    /// Runs a load beside readers that come and go, and compares.
    private func prove(
        _ fixture: Fixture, _ tables: [String], load: @escaping @Sendable () async throws -> Void
    ) async throws {
        let mirror = Mirror(fixture: fixture, tables: tables)
        try await mirror.prepare()
        let bell = Bell(fixture.configuration, logger: fixture.logger)
        let isOver = Flag()
        let read = try await fixture.withPool(maximum: 4) { pool in
            try await withThrowingTaskGroup(of: [Record].self) { group in
                group.addTask {
                    try await load()
                    isOver.set()
                    return []
                }
                for batchSize in [7, 500] {
                    group.addTask {
                        let visitor = Visitor(fixture, pool: pool, bell: bell)
                        while !isOver.isSet {
                            let limit = Int.random(in: 1...3_000)
                            try await visitor.visit(limit: limit, batchSize: batchSize, until: isOver)
                        }
                        try await visitor.visit(batchSize: batchSize, until: isOver)
                        return await visitor.records
                    }
                }
                var results: [[Record]] = []
                while let result = try await group.next() { if !result.isEmpty { results.append(result) } }
                return results
            }
        }
        #expect(read.count == 2)
        let total = try await fixture.count("SELECT count(*) FROM heliograph.signal_log")
        #expect(total > 500, "a load worth the name")
        for records in read {
            #expect(records.count == total)
            #expect(Set(records.map(\.id)).count == total, "no record twice")
        }
        try await mirror.apply(read[0])
        #expect(try await mirror.differences() == [])
        // The other reader's windows were cut elsewhere, so its order may be another; not that of a row.
        let orders = read.map {
            Dictionary(grouping: $0, by: { "\($0.sender) \($0.key ?? "")" }).mapValues { $0.map(\.id) }
        }
        #expect(orders[0] == orders[1])
    }

    @Test("pgbench's own load with 16 clients, rollbacks and savepoints", .timeLimit(.minutes(10)))
    func pgbench() async throws {
        try await Fixture.with(.log) { fixture in
            let pgbench = "\(fixture.cluster.programsPath)/pgbench"
            let target = fixture.database.connectionString
            @Sendable func run(_ arguments: [String]) async throws {
                let outcome = try await withProgram(pgbench, arguments + [target], environment: [:]) { program in
                    try await program.ended()
                    return program.lines
                }
                if outcome.status != 0 { Issue.record("pgbench: \(outcome.value.suffix(3))") }
            }
            try await run(["-i", "-I", "dtp", "-q"])
            try await fixture.psql("ALTER TABLE pgbench_history ADD id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
            let tables = ["pgbench_accounts", "pgbench_branches", "pgbench_tellers", "pgbench_history"]
            try await fixture.withConnection { connection in
                for table in tables { try await Attachments().attach(table, on: connection) }
            }
            let script = """
                \\set aid random(1, 1000)
                \\set how random(1, 3)
                BEGIN;
                UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;
                SAVEPOINT s;
                UPDATE pgbench_accounts SET abalance = abalance + 10 WHERE aid = :aid;
                DELETE FROM pgbench_history WHERE id = (SELECT min(id) FROM pgbench_history);
                \\if :how = 1
                ROLLBACK TO SAVEPOINT s;
                UPDATE pgbench_accounts SET filler = 'after' WHERE aid = :aid;
                \\endif
                INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (1, 1, :aid, 7, now());
                \\if :how = 2
                ROLLBACK;
                \\else
                COMMIT;
                \\endif
                """
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("mirror-\(UUID().uuidString).sql")
            try script.write(to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            try await prove(fixture, tables) {
                // The rows come by TRUNCATE and COPY.
                try await run(["-i", "-I", "g", "-q"])
                try await run([
                    "-n", "-c", "16", "-j", "2", "-t", "60", "-b", "tpcb-like@3", "-f", "\(file.path)@3", "-b",
                    "simple-update@1",
                ])
            }
        }
    }

    @Test("Random statements of several sessions, with cascades, moved keys and truncation", .timeLimit(.minutes(10)))
    func random() async throws {
        try await Captured.with(
            """
            CREATE TABLE owners (id int PRIMARY KEY, v text, n numeric, at timestamptz);
            CREATE TABLE things (a int, b text, owner int REFERENCES owners ON DELETE CASCADE ON UPDATE CASCADE,
                other int REFERENCES owners ON DELETE SET NULL, v bytea, PRIMARY KEY (a, b));
            CREATE TABLE marks (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, b text, j json,
                FOREIGN KEY (a, b) REFERENCES things ON DELETE CASCADE ON UPDATE CASCADE);
            """,
            attaching: ["owners", "things", "marks"]
        ) { t in
            try await prove(t.fixture, ["owners", "things", "marks"]) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for session in 0..<5 {
                        group.addTask {
                            try await RandomSession(seed: UInt64(session) + 1).run(t.fixture, transactions: 60)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("What is missing, comes twice or in another order is found", .timeLimit(.minutes(10)))
    func checker() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, v text);") { t in
            let mirror = Mirror(fixture: t.fixture, tables: ["t"])
            try await mirror.prepare()
            try await t.write(
                "INSERT INTO t VALUES (1, 'a'); UPDATE t SET v = 'b'; UPDATE t SET v = 'c'; INSERT INTO t VALUES (2, 'x'); DELETE FROM t WHERE id = 2"
            )
            let bell = Bell(t.fixture.configuration, logger: t.fixture.logger)
            let records = try await t.fixture.withPool { pool in
                let visitor = Visitor(t.fixture, pool: pool, bell: bell)
                let isOver = Flag()
                isOver.set()
                try await visitor.visit(batchSize: 10, until: isOver)
                return await visitor.records
            }
            #expect(records.count == 5)
            func isFound(_ changed: [Record]) async throws -> Bool {
                try await t.write("DELETE FROM mirror.t")
                do {
                    try await mirror.apply(changed)
                    return try await mirror.differences() != []
                } catch is PostgresError {
                    return true
                }
            }
            #expect(try await !isFound(records))
            for place in records.indices {
                // An update that is followed by another leaves no trace in the rows when it is missing, nor when it comes twice.
                if place != 1 { #expect(try await isFound(Array(records[..<place] + records[(place + 1)...]))) }
                if ![1, 2].contains(place) {
                    #expect(try await isFound(Array(records[...place] + records[place...])), "twice: \(place)")
                }
            }
            #expect(try await isFound([0, 2, 1, 3, 4].map { records[$0] }))
        }
    }
}
