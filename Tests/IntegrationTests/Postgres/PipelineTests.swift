import Heliograph
import HeliographTesting
import Testing

@Suite("Pipelines")
struct PipelineTests {
    @Test("Results come typed, in order")
    func typed() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let (numbers, pairs, texts) = try await connection.pipeline(
                    Statement("SELECT n FROM generate_series(1, 3) AS n", as: Int.self),
                    Statement("SELECT \(7)::int8, \("x")::text", as: (Int64, String).self),
                    Statement("SELECT 'a' AS text") { try $0.decode("text", as: String.self) }
                )
                #expect(numbers == [1, 2, 3])
                #expect(pairs.map { "\($0)" } == [#"(7, "x")"#])
                #expect(texts == ["a"])
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.pipeline(
                        Statement("SELECT 1::int8", as: Int.self), Statement("SELECT 1/0", as: Int.self))
                }
                #expect(error?.statementIndex == 1)
            }
        }
    }

    /// `r` for rows, `f` for failed, `s` for skipped.
    private func letters(_ outcomes: [StatementOutcome]) -> String {
        String(
            outcomes.map { outcome -> Character in
                switch outcome {
                case .rows: "r"
                case .failed: "f"
                case .skipped: "s"
                }
            })
    }

    @Test("Each statement's outcome: what failed, what was skipped; independent ones skip nothing")
    func outcomes() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8 PRIMARY KEY)")
                let statements: [SQL] = [1, 2, 1, 3].map { "INSERT INTO t VALUES (\($0))" }
                for _ in 0..<3 {  // as they stand, when they are prepared, and prepared
                    let atomic = try await connection.pipelineOutcomes(statements)
                    #expect(letters(atomic) == "rrfs")
                    if case .failed(let error) = atomic[2] {
                        #expect(error.statementIndex == 2)
                        #expect(error.sqlState == .uniqueViolation)
                    }
                    #expect(try await connection.number("SELECT count(*) FROM t") == 0)
                    let independent = try await connection.pipelineOutcomes(statements, independent: true)
                    #expect(letters(independent) == "rrfr")
                    #expect(try await connection.number("SELECT count(*) FROM t") == 3)
                    try await connection.query("TRUNCATE t")
                }
                let none = try await connection.pipelineOutcomes([])
                #expect(none.isEmpty)
                // In a transaction an error ends it, whatever was asked for.
                try await connection.query("BEGIN")
                let inside = try await connection.pipelineOutcomes(statements, independent: true)
                #expect(letters(inside) == "rrff")
                try await connection.query("ROLLBACK")
            }
        }
    }

    @Test("Cancelling a pipeline leaves the connection usable", .timeLimit(.minutes(10)))
    func cancelled() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let pipeline = Task { try await connection.pipeline(["SELECT 1", "SELECT pg_sleep(600)", "SELECT 2"]) }
                try await fixture.untilRunning("SELECT pg_sleep(600)", on: connection)
                pipeline.cancel()
                await #expect(throws: CancellationError.self) { try await pipeline.value }
                #expect(try await connection.number("SELECT 1::int8") == 1)
            }
        }
    }
}
