import Heliograph
import HeliographTesting
import Testing

@Suite("Statements that a connection cannot run as they stand")
struct StrangeStatementTests {
    @Test("COPY as a query is refused, in either direction, and the session goes on")
    func copy() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8)")
                let backend = connection.backendProcessID
                let statements: [SQL] = [
                    "COPY t FROM STDIN",
                    "COPY (SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) AS n) TO STDOUT",
                ]
                for statement in statements {
                    let error = await #expect(throws: PostgresError.self) { try await connection.query(statement) }
                    #expect(error?.code == .invalidUse)
                    #expect(error?.description == "COPY cannot be run as a query")
                    #expect(await connection.isIdle)
                }
                let script = await #expect(throws: PostgresError.self) {
                    try await connection.runScript(unsafe: "INSERT INTO t VALUES (1); COPY t TO STDOUT")
                }
                #expect(script?.code == .invalidUse)
                #expect(try await connection.number("SELECT pg_backend_pid()::int8") == Int(backend))
            }
        }
    }

    @Test(
        "COPY in a pipeline is refused; libpq knows no way out, so the connection is given up", .timeLimit(.minutes(10))
    )
    func copyInPipeline() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.pipeline(["SELECT 1", "COPY (SELECT 1) TO STDOUT", "SELECT 2"])
                }
                #expect(error?.code == .invalidUse)
                #expect(error?.description == "COPY cannot be run in a pipeline")
                #expect(await !connection.isOpen)
            }
        }
    }

    @Test("An identifier with a quote under a combining mark stays one identifier")
    func combiningMark() async throws {
        // A quote and an acute accent are one character to Swift, and two to PostgreSQL.
        let name = "t\"\u{301} (id int8); CREATE TABLE injected (id int8); --"
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE \(identifier: name) (id int8)")
                let tables = try await connection.texts(
                    "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
                #expect(tables.map { Array($0.utf8) } == [Array(name.utf8)])
            }
        }
    }

    @Test("What is sent in vain is told without the values of its rows, also by a server's last words")
    func withoutRows() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (secret text, CHECK (secret <> 'Geheim'))")
                let refused = await #expect(throws: PostgresError.self) {
                    try await connection.query("INSERT INTO t VALUES (\("Geheim"))")
                }
                #expect(refused?.sqlState == .checkViolation)
                #expect(refused?.description.contains("Geheim") == false)
                let lost = await #expect(throws: PostgresError.self) {
                    try await connection.query(
                        "INSERT INTO t SELECT pg_terminate_backend(pg_backend_pid())::text || \("Geheim")")
                }
                #expect(lost?.isConnectionLoss == true)
                #expect(lost?.description.contains("Geheim") == false)
                #expect(lost?.debugDescription.contains("Geheim") == false)
            }
        }
    }
}
