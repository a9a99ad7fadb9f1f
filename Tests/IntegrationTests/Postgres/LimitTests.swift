import Foundation
import Heliograph
import HeliographTesting
import Testing

@Suite("Limits and strange servers")
struct LimitTests {
    @Test("A value of 64 MB in both directions")
    func largeValue() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let bytes = [UInt8](repeating: 0xA5, count: 64 << 20)
                let row = try #require(
                    try await connection.query("SELECT \(bytes)::bytea, length(\(bytes)::bytea)::int8").first)
                #expect(try row.decode(0, as: [UInt8].self) == bytes)
                #expect(try row.decode(1, as: Int.self) == bytes.count)
            }
        }
    }

    @Test("1,600 columns")
    func columns() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let columns = (1...1_600).map { "c\($0) int2" }.joined(separator: ", ")
                try await connection.query(SQL(unsafe: "CREATE TABLE wide (\(columns))"))
                let values = SQL.joined((1...1_600).map { "\(Int16($0))" }, by: ", ")
                try await connection.query("INSERT INTO wide VALUES (\(values))")
                let row = try #require(try await connection.query("SELECT * FROM wide").first)
                #expect(row.columnCount == 1_600)
                #expect(try row.decode("c1600", as: Int.self) == 1_600)
                #expect(try row.decode(0, as: Int.self) == 1)
            }
        }
    }

    @Test("65,535 parameters; one more is refused before anything is sent")
    func parameters() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                func sum(_ count: Int) -> SQL {
                    "SELECT sum(n)::int8 FROM unnest(ARRAY[\(SQL.joined((1...count).map { "\(Int64($0))" }, by: ","))]) AS n"
                }
                let all = try await connection.number(sum(65_535))
                #expect(all == 65_535 * 65_536 / 2)
                let error = await #expect(throws: PostgresError.self) { try await connection.query(sum(65_536)) }
                #expect(error?.code == .invalidValue)
                #expect(error?.description.contains("65535") == true)
                #expect(await connection.isIdle)
            }
        }
    }

    @Test("Bytes that are no UTF-8, from a SQL_ASCII database, are a clear error, or bytes where these are asked for")
    func sqlASCII() async throws {
        try await Fixture.onOwnServer { fixture in
            try await fixture.psql(
                "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
            let connection = try await Connection.connect(
                ConnectionConfiguration(fixture.cluster.connectionString(database: "ascii")))
            let error = await #expect(throws: PostgresError.self) {
                try await connection.query(#"SELECT E'caf\xe9' AS word"#)
            }
            #expect(error?.sqlState == "22021")
            #expect(error?.description.contains("0xe9") == true)
            let row = try #require(
                try await connection.query(#"SELECT convert_to(E'caf\xe9', 'SQL_ASCII'), 'ü'"#).first)
            #expect(try row.decode(0, as: [UInt8].self) == [0x63, 0x61, 0x66, 0xE9])
            #expect(try row.decode(1, as: String.self) == "ü")
            await connection.close()
        }
    }

    @Test(
        "A server at its limit of connections: one clear line, and no harm to those that have one",
        .timeLimit(.minutes(10)))
    func connectionLimit() async throws {
        try await Fixture.onOwnServer(settings: ["max_connections": "8", "superuser_reserved_connections": "1"]) {
            fixture in
            var connections: [Connection] = []
            var refusal: PostgresError?
            while refusal == nil, connections.count < 20 {
                do {
                    connections.append(try await Connection.connect(fixture.configuration))
                } catch {
                    refusal = error as? PostgresError
                }
            }
            #expect(refusal?.code == .connectionFailed)
            #expect(refusal?.isTransient == true)
            #expect(refusal?.description.contains("too many clients") == true, "\(refusal?.description ?? "")")
            for connection in connections {
                let one = try await connection.number("SELECT 1::int8")
                #expect(one == 1)
                await connection.close()
            }
        }
    }

    @Test(
        "A server that is restarted in the middle of a query: told as a lost connection; a pool goes on",
        .timeLimit(.minutes(10)))
    func restarted() async throws {
        try await Fixture.onOwnServer { fixture in
            try await fixture.withPool { pool in
                let waiting = Task { try await pool.query("SELECT pg_sleep(600)") }
                try await eventually("the statement to run") {
                    try await fixture.count("SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'")
                        == 1
                }
                try await fixture.cluster.restart(.fast)
                let error = await #expect(throws: PostgresError.self) { try await waiting.value }
                #expect(error?.isConnectionLoss == true)
                #expect(error?.sqlState == .adminShutdown)
                #expect(try await pool.query("SELECT 1").count == 1)
            }
        }
    }

    @Test(
        "Statements cancelled at random moments, 1,000 of them: the pool stays whole and usable",
        .timeLimit(.minutes(10)))
    func randomCancellation() async throws {
        try await Fixture.with { fixture in
            try await fixture.withPool(maximum: 4) { pool in
                let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
                    func add(_ number: Int) {
                        group.addTask {
                            let statement = Task {
                                switch number % 3 {
                                case 0: try await pool.query("SELECT pg_sleep(0.002)").count
                                case 1:
                                    try await pool.pipeline(["SELECT 1", "SELECT pg_sleep(0.001)", "SELECT 2"]).count
                                default:
                                    try await pool.transaction { connection in
                                        try await connection.query("SELECT pg_sleep(0.001)")
                                        return try await connection.query("SELECT 1").count
                                    }
                                }
                            }
                            let delay = Task { try await Task.sleep(for: .microseconds(Int.random(in: 0...4_000))) }
                            _ = try? await delay.value
                            statement.cancel()
                            do {
                                _ = try await statement.value
                                return "done"
                            } catch is CancellationError {
                                return "cancelled"
                            }
                        }
                    }
                    for number in 0..<8 { add(number) }
                    var outcomes: [String: Int] = [:]
                    var next = 8
                    for try await outcome in group {
                        outcomes[outcome, default: 0] += 1
                        if next < 1_000 { add(next) }
                        next += 1
                    }
                    return outcomes
                }
                #expect(outcomes.values.reduce(0, +) == 1_000)
                #expect(outcomes["cancelled", default: 0] > 100, "\(outcomes)")
                let counts = pool.counts
                #expect(counts.waiting == 0)
                #expect(counts.open == counts.idle)
                #expect(counts.open <= 4)
                for _ in 0..<8 { #expect(try await pool.query("SELECT 1").count == 1) }
            }
        }
    }

    @Test("A server that speaks another language is understood all the same")
    func otherLanguage() async throws {
        try await Fixture.onOwnServer { fixture in
            try await fixture.withConnection { connection in
                // Where no translation is installed the server stays with English, and this shows less.
                for locale in ["de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "C.UTF-8"] {
                    if (try? await connection.query("SELECT set_config('lc_messages', \(locale), false)")) != nil {
                        break
                    }
                }
                try await connection.query("CREATE TABLE t (a int8)")
                for _ in 0..<3 { try await connection.query("SELECT * FROM t") }
                try await connection.query("ALTER TABLE t ADD b text")
                #expect(try await connection.query("SELECT * FROM t").columnNames == ["a", "b"])
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.query("SELECT * FROM nirgends")
                }
                #expect(error?.sqlState == .undefinedTable)
                #expect(error?.isTransient == false)
                try await fixture.terminate(connection.backendProcessID)
                let lost = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
                #expect(lost?.isConnectionLoss == true)
            }
        }
    }
}
