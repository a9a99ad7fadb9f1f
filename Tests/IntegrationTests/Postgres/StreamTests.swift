import Heliograph
import HeliographTesting
import Testing

@Suite("Rows in portions and COPY")
struct StreamTests {
    private struct Enough: Error {}

    @Test("A stream brings every row in order, whatever the size of its chunks", arguments: [1, 7, 256, 100_000])
    func allRows(chunk: Int) async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                var sum = 0
                var last = 0
                try await connection.stream(
                    "SELECT n, repeat('x', 100) FROM generate_series(1, \(20_000)) AS n", rowsPerChunk: chunk
                ) { rows in
                    for try await row in rows {
                        let number: Int = try row.decode(0)
                        #expect(number == last + 1)
                        last = number
                        sum += try row.decode(1, as: String.self).utf8.count
                    }
                }
                #expect(last == 20_000)
                #expect(sum == 2_000_000)
                #expect(try await connection.number("SELECT 1::int8") == 1)
            }
        }
    }

    @Test("The server waits while nobody asks for more")
    func backPressure() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let backend = connection.backendProcessID
                try await connection.stream("SELECT repeat('x', 10000) FROM generate_series(1, 100000)") { rows in
                    var iterator = rows.makeAsyncIterator()
                    _ = try await iterator.next()
                    // With nowhere to put its rows the server waits for its client.
                    try await eventually("the server to wait") {
                        try await fixture.count(
                            "SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend) AND wait_event = 'ClientWrite'"
                        ) == 1
                    }
                }
                #expect(await connection.isIdle)
            }
        }
    }

    @Test("Stopping early cancels the statement; in a transaction, which goes on, the rest is thrown away")
    func early() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                for _ in 0..<20 {
                    await #expect(throws: Enough.self) {
                        try await connection.stream("SELECT generate_series(1, 10000000)") { rows in
                            for try await row in rows where try row.decode(0, as: Int.self) == 3 { throw Enough() }
                        }
                    }
                    #expect(await connection.isIdle)
                    #expect(try await connection.number("SELECT 1::int8") == 1)
                }
                try await connection.transaction { connection in
                    try await connection.query("CREATE TABLE t (id int8)")
                    try await connection.stream("SELECT n FROM generate_series(1, 1000) AS n") { rows in
                        for try await _ in rows { break }
                    }
                    try await connection.query("INSERT INTO t VALUES (1)")
                }
                #expect(try await connection.number("SELECT count(*) FROM t") == 1)
            }
        }
    }

    @Test("An error in the middle comes after the rows before it, and the connection stays usable")
    func errors() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                var seen = 0
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.stream("SELECT 1 / (1000 - n) FROM generate_series(1, 2000) AS n") { rows in
                        for try await _ in rows { seen += 1 }
                    }
                }
                #expect(error?.sqlState == "22012")
                #expect(error?.file?.hasSuffix("StreamTests.swift") == true)
                #expect(seen > 0 && seen < 1000)
                let syntax = await #expect(throws: PostgresError.self) {
                    try await connection.stream("SELEC") { rows in for try await _ in rows {} }
                }
                #expect(syntax?.sqlState == "42601")
                let one = try await connection.number("SELECT 1::int8")
                #expect(one == 1)
            }
        }
    }

    @Test("Using the connection inside, or the rows outside, is an error and no deadlock", .timeLimit(.minutes(10)))
    func misuse() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let leaked = try await connection.stream("SELECT 1") { rows in
                    let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 2") }
                    #expect(error?.code == .invalidUse)
                    return rows
                }
                let error = await #expect(throws: PostgresError.self) { for try await _ in leaked {} }
                #expect(error?.code == .invalidUse)
                // Others wait for their turn.
                let other = try await connection.stream("SELECT 1") { rows in
                    let other = Task.detached { try await connection.number("SELECT 5::int8") }
                    for try await _ in rows {}
                    return other
                }
                #expect(try await other.value == 5)
            }
        }
    }

    @Test("A task that is cancelled while it waits for rows ends the statement", .timeLimit(.minutes(10)))
    func cancelled() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let reader = Task {
                    try await connection.stream("SELECT pg_sleep(600)") { rows in for try await _ in rows {} }
                }
                try await fixture.untilRunning("SELECT pg_sleep(600)", on: connection)
                reader.cancel()
                await #expect(throws: CancellationError.self) { try await reader.value }
                #expect(try await connection.number("SELECT 1::int8") == 1)
            }
        }
    }

    @Test("A cursor brings portions, with other statements between them")
    func cursor() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                var numbers: [Int] = []
                try await connection.withCursor("SELECT n FROM generate_series(1, \(25)) AS n") { cursor in
                    while case let rows = try await cursor.fetch(10), !rows.isEmpty {
                        numbers += try rows.map { try $0.decode(0) }
                        try await connection.query("SELECT 1")
                        try await cursor.skip(1)
                    }
                }
                #expect(numbers == Array(1...10) + Array(12...21) + Array(23...25))
                #expect(await connection.isIdle)
                #expect(try await connection.number("SELECT count(*) FROM pg_cursors WHERE name ~ '^heliograph'") == 0)
            }
        }
    }

    @Test("COPY in both directions, more than any buffer holds")
    func copy() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8, text text)")
                let count = try await connection.copyIn("COPY t FROM STDIN") { copy in
                    for number in 0..<50_000 {
                        try await copy.write("\(number)\t\(String(repeating: "y", count: 100))\n")
                    }
                }
                #expect(count == 50_000)
                var size = 0
                var lines = 0
                try await connection.copyOut("COPY t TO STDOUT (FORMAT csv)") { pieces in
                    for try await piece in pieces {
                        size += piece.count
                        lines += piece.count { $0 == UInt8(ascii: "\n") }
                    }
                }
                #expect(lines == 50_000)
                #expect(size == 50_000 * 102 + (0..<50_000).reduce(0) { $0 + "\($1)".count })
                try await connection.copyOut("COPY t TO STDOUT") { pieces in for try await _ in pieces { break } }
                #expect(await connection.isIdle)
            }
        }
    }

    @Test("A COPY that fails, on either side, copies nothing and says why", .timeLimit(.minutes(10)))
    func failingCopy() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8)")
                await #expect(throws: Enough.self) {
                    try await connection.copyIn("COPY t FROM STDIN") { copy in
                        try await copy.write("1\n")
                        throw Enough()
                    }
                }
                let wrong = await #expect(throws: PostgresError.self) {
                    try await connection.copyIn("COPY t FROM STDIN") { try await $0.write("1\nnonsense\n") }
                }
                #expect(wrong?.sqlState == "22P02")
                let none = await #expect(throws: PostgresError.self) {
                    try await connection.copyIn("COPY nowhere FROM STDIN") { try await $0.write("1\n") }
                }
                #expect(none?.sqlState == .undefinedTable)
                for statement in ["SELECT 1" as SQL, "COPY t TO STDOUT"] {
                    let other = await #expect(throws: PostgresError.self) {
                        try await connection.copyIn(statement) { _ in }
                    }
                    #expect(other?.code == .invalidUse)
                }
                let other = await #expect(throws: PostgresError.self) {
                    try await connection.copyOut("COPY t FROM STDIN") { for try await _ in $0 {} }
                }
                #expect(other?.code == .invalidUse)
                #expect(try await connection.number("SELECT count(*) FROM t") == 0)
                #expect(await connection.isIdle)
            }
        }
    }

    @Test("A connection that is lost in the middle of a stream or COPY is told as such", .timeLimit(.minutes(10)))
    func lost() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.stream("SELECT repeat('x', 10000) FROM generate_series(1, 100000)") { rows in
                        var isFirst = true
                        for try await _ in rows where isFirst {
                            isFirst = false
                            try await fixture.terminate(connection.backendProcessID)
                        }
                    }
                }
                #expect(error?.isConnectionLoss == true)
                #expect(await !connection.isOpen)
            }
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8)")
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.copyIn("COPY t FROM STDIN") { copy in
                        try await copy.write("1\n")
                        try await fixture.terminate(connection.backendProcessID)
                        for _ in 0..<10_000 { try await copy.write("1\n") }
                    }
                }
                #expect(error?.isConnectionLoss == true)
            }
        }
    }
}
