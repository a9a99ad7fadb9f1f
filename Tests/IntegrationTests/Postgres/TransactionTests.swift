import Heliograph
import Testing

@Suite("Transactions, savepoints and pipelines of a connection")
struct ConnectionTransactionTests {
    @Test("What throws is rolled back, what returns is committed")
    func commitAndRollBack() async throws {
        struct Refusal: Error {}
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8)")
                try await connection.transaction { try await $0.query("INSERT INTO t VALUES (1)") }
                await #expect(throws: Refusal.self) {
                    try await connection.transaction { connection in
                        try await connection.query("INSERT INTO t VALUES (2)")
                        throw Refusal()
                    }
                }
                #expect(await connection.isIdle)
                #expect(try await connection.texts("SELECT id::text FROM t") == ["1"])
            }
        }
    }

    @Test("A swallowed error is no commit, whatever COMMIT answers: the tag tells")
    func swallowed() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8)")
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.transaction { connection in
                        try await connection.query("INSERT INTO t VALUES (1)")
                        _ = try? await connection.query("SELECT 1/0")
                    }
                }
                #expect(error?.code == .transactionAborted)
                #expect(try await connection.number("SELECT count(*) FROM t") == 0)
            }
        }
    }

    @Test("Savepoints nest, and undo only their own part")
    func savepoints() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8)")
                try await connection.transaction { connection in
                    try await connection.query("INSERT INTO t VALUES (1)")
                    try await connection.savepoint { connection in
                        try await connection.query("INSERT INTO t VALUES (2)")
                        await #expect(throws: PostgresError.self) {
                            try await connection.savepoint { connection in
                                try await connection.query("INSERT INTO t VALUES (3)")
                                try await connection.query("SELECT 1/0")
                            }
                        }
                        try await connection.query("INSERT INTO t VALUES (4)")
                    }
                }
                #expect(try await connection.texts("SELECT id::text FROM t ORDER BY id") == ["1", "2", "4"])
            }
        }
    }

    @Test("A task that is cancelled in a savepoint undoes that part; the transaction around it decides for itself")
    func cancelledSavepoint() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8)")
                let work = Task {
                    try await connection.transaction { connection in
                        try await connection.query("INSERT INTO t VALUES (1)")
                        await #expect(throws: CancellationError.self) {
                            try await connection.savepoint { connection in
                                try await connection.query("INSERT INTO t VALUES (2)")
                                withUnsafeCurrentTask { $0?.cancel() }
                                try await connection.query("INSERT INTO t VALUES (3)")
                            }
                        }
                        // COMMIT is not cancelled: what returns is committed.
                    }
                }
                try await work.value
                #expect(try await connection.texts("SELECT id::text FROM t") == ["1"])
                // One that returns is kept, whether its task has been cancelled meanwhile or not.
                let kept = Task {
                    try await connection.transaction { connection in
                        try await connection.savepoint { connection in
                            try await connection.query("INSERT INTO t VALUES (4)")
                            withUnsafeCurrentTask { $0?.cancel() }
                        }
                    }
                }
                try await kept.value
                #expect(try await connection.texts("SELECT id::text FROM t ORDER BY id") == ["1", "4"])
                #expect(await connection.isIdle)
            }
        }
    }

    @Test("A pipeline answers each statement in its place; an error names the one that failed and undoes all")
    func pipeline() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8 PRIMARY KEY)")
                let results = try await connection.pipeline(
                    (0..<500).map { "INSERT INTO t VALUES (\(Int64($0))) RETURNING id" })
                #expect(try results.map { try $0.first?.decode(0, as: Int.self) } == Array(0..<500))
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.pipeline([
                        "INSERT INTO t VALUES (1000)", "INSERT INTO t VALUES (7)", "INSERT INTO t VALUES (1001)",
                    ])
                }
                #expect(error?.statementIndex == 1)
                #expect(error?.sqlState == .uniqueViolation)
                #expect(try await connection.number("SELECT count(*) FROM t") == 500)
            }
        }
    }

    @Test(
        "A pipeline larger than the socket's buffers in both directions does not stand still", .timeLimit(.minutes(10)))
    func largePipeline() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let text = String(repeating: "x", count: 20_000)
                let results = try await connection.pipeline((0..<1_000).map { _ in "SELECT \(text)::text" })
                #expect(results.count == 1_000)
                #expect(try results.allSatisfy { try $0.first?.decode(0, as: String.self) == text })
            }
        }
    }

    @Test("A lost connection during COMMIT is told apart from a refused one", .timeLimit(.minutes(10)))
    func commitUnknown() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8 PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
                try await connection.query("INSERT INTO t VALUES (1)")
                let refused = await #expect(throws: PostgresError.self) {
                    try await connection.transaction { try await $0.query("INSERT INTO t VALUES (1)") }
                }
                #expect(refused?.sqlState == .uniqueViolation)
                let unknown = await #expect(throws: PostgresError.self) {
                    try await connection.transaction { connection in
                        try await connection.query("INSERT INTO t VALUES (2)")
                        connection.abort()
                    }
                }
                #expect(unknown?.code == .commitUnknown)
            }
        }
    }
}
