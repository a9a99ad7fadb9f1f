import Heliograph
import HeliographTesting
import Testing

@Suite("Prepared statements")
struct PreparedTests {
    private func prepared(_ connection: Connection) async throws -> Int {
        try await connection.number("SELECT count(*) FROM pg_prepared_statements")
    }

    @Test("What comes twice is prepared, at most so many; the rest is given up on the server as well")
    func bounded() async throws {
        try await Fixture.with { fixture in
            var configuration = fixture.configuration
            configuration.statementCacheCapacity = 4
            let connection = try await Connection.connect(configuration)
            for _ in 0..<3 {
                for number in 0..<10 {
                    for _ in 0..<3 {
                        let sql = SQL(unsafe: "SELECT \(number)::int8")
                        let row = try #require(try await connection.query(sql).first)
                        #expect(try row.decode(0, as: Int.self) == number)
                    }
                }
            }
            let count = try await prepared(connection)
            #expect((3...5).contains(count), "\(count)")
            await connection.close()
        }
    }

    @Test("A table that changes is read in its new form, without a word")
    func changedTable() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (a int8)")
                try await connection.query("INSERT INTO t VALUES (1)")
                for _ in 0..<3 { #expect(try await connection.query("SELECT * FROM t").columnNames == ["a"]) }
                #expect(try await prepared(connection) == 1)
                try await fixture.psql("ALTER TABLE t ADD b text DEFAULT 'x'")
                for _ in 0..<3 { #expect(try await connection.query("SELECT * FROM t").columnNames == ["a", "b"]) }
                try await fixture.psql("ALTER TABLE t ALTER a TYPE text")
                let results = try await connection.pipeline(["SELECT 1", "SELECT * FROM t", "SELECT 2"])
                #expect(try results[1].first?.decode("a", as: String.self) == "1")
            }
        }
    }

    @Test("In a transaction, which such an error ends, it says that trying again helps; and it does")
    func changedTableInTransaction() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (a int8)")
                for _ in 0..<3 { try await connection.query("SELECT * FROM t") }
                try await fixture.psql("ALTER TABLE t ADD b text")
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.transaction { try await $0.query("SELECT * FROM t") }
                }
                #expect(error?.sqlState == .featureNotSupported)
                #expect(error?.isTransient == true)
                let columns = try await connection.transaction { try await $0.query("SELECT * FROM t").columnNames }
                #expect(columns == ["a", "b"])
            }
        }
    }

    @Test("A row that is kept stays what it was, also behind those that come after it")
    func kept() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let statement = Statement("SELECT n, 'row ' || n FROM generate_series(1, 600) AS n") { row in row }
                for _ in 0..<3 {
                    let rows = try await connection.query(statement)
                    let decoded = try rows.map { try $0.decode(as: (Int.self, String.self)) }
                    #expect(decoded.map(\.0) == Array(1...600))
                    #expect(decoded.map(\.1) == (1...600).map { "row \($0)" })
                }
                // Every second one only, so that objects are taken again in between.
                let some = try await connection.query(
                    Statement("SELECT n FROM generate_series(1, 600) AS n") { row in
                        try row.decode(0, as: Int.self) % 2 == 0 ? row : nil
                    })
                #expect(
                    try some.compactMap { try $0?.decode(0, as: Int.self) }
                        == Array(stride(from: 2, through: 600, by: 2)))
            }
        }
    }

    @Test("Rows that are decoded as they come: the same in each form, and after each kind of error")
    func typed() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let numbers = Statement("SELECT n, 'x' FROM generate_series(1, \(2_000)) AS n", as: (Int, String).self)
                for _ in 0..<4 {
                    let rows = try await connection.query(numbers)
                    #expect(rows.map(\.0) == Array(1...2_000))
                }
                for _ in 0..<4 {
                    let wrong = await #expect(throws: PostgresError.self) {
                        try await connection.query(
                            Statement("SELECT n, 'x' FROM generate_series(1, 2000) AS n", as: (String, String).self))
                    }
                    #expect(wrong?.code == .decoding)
                    let late = await #expect(throws: PostgresError.self) {
                        try await connection.query(
                            Statement("SELECT 1 / (1000 - n) FROM generate_series(1, 2000) AS n", as: Int.self))
                    }
                    #expect(late?.sqlState == "22012")
                    #expect(late?.file?.hasSuffix("PreparedTests.swift") == true)
                    let copy = await #expect(throws: PostgresError.self) {
                        try await connection.query(Statement("COPY (SELECT 1) TO STDOUT", as: Int.self))
                    }
                    #expect(copy?.code == .invalidUse)
                }
                try await connection.query("CREATE TABLE t (a int8)")
                try await connection.query("INSERT INTO t VALUES (1)")
                let all = Statement("SELECT * FROM t") { $0.columnCount }
                for _ in 0..<3 {
                    let counts = try await connection.query(all)
                    #expect(counts == [1])
                }
                try await fixture.psql("ALTER TABLE t ADD b text")
                let counts = try await connection.query(all)
                #expect(counts == [2])
                #expect(await connection.isIdle)
            }
        }
    }

    @Test("DISCARD ALL and DEALLOCATE ALL are noticed, also where they cannot be seen")
    func discarded() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let hidden: SQL = "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"
                for command in ["DISCARD ALL" as SQL, "DEALLOCATE ALL", hidden] {
                    for _ in 0..<3 { #expect(try await connection.number("SELECT 7::int8") == 7) }
                    try await connection.query(command)
                    #expect(try await connection.number("SELECT 7::int8") == 7)
                }
                for _ in 0..<3 { try await connection.query("SELECT 8::int8") }
                try await connection.runScript(unsafe: "DEALLOCATE ALL; SELECT 1")
                #expect(try await connection.number("SELECT 8::int8") == 8)
            }
        }
    }

    @Test("A statement that fails when it is prepared says why, and the connection goes on")
    func failing() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8 PRIMARY KEY)")
                for _ in 0..<4 {
                    _ = try? await connection.query("SELECT * FROM nowhere")
                    _ = try? await connection.query("INSERT INTO t VALUES (\(1))")
                }
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.query("INSERT INTO t VALUES (\(1))")
                }
                #expect(error?.sqlState == .uniqueViolation)
                #expect(error?.statementIndex == nil)
                #expect(await connection.isIdle)
                #expect(try await connection.number("SELECT count(*) FROM t") == 1)
            }
        }
    }

    @Test("A pipeline prepares as well; one that fails early leaves nothing half known")
    func pipelines() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                for round in 0..<4 {
                    let results = try await connection.pipeline((0..<5).map { "SELECT \($0)::int8, \(round)::int8" })
                    #expect(try results.map { try $0.first?.decode(0, as: Int.self) } == Array(0..<5))
                }
                #expect(try await prepared(connection) == 1)
                for _ in 0..<3 {
                    await #expect(throws: PostgresError.self) {
                        try await connection.pipeline(["SELECT 1/\(0)", "SELECT 'later', \(1)", "SELECT 'later', \(2)"])
                    }
                }
                #expect(try await connection.pipeline(["SELECT 'later', \(1)"]).first?.count == 1)
                #expect(await connection.isIdle)
            }
        }
    }

    @Test("With a capacity of 0 nothing is prepared")
    func off() async throws {
        try await Fixture.with { fixture in
            var configuration = fixture.configuration
            configuration.statementCacheCapacity = 0
            let connection = try await Connection.connect(configuration)
            for _ in 0..<4 { #expect(try await prepared(connection) == 0) }
            await connection.close()
        }
    }
}
