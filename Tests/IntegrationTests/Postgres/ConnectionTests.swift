import Heliograph
import HeliographTesting
import Logging
import Testing

@Suite("Connections")
struct ConnectionTests {
    @Test("Values go to the server and come back")
    func roundTrip() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let rows = try await connection.query(
                    """
                    SELECT \(Int64.max)::int8, \(true)::bool, \("ä'\"\\")::text, \(1.5)::float8, \([Int64(1), 2])::int8[],
                        \(["a", "b,c"])::text[], \(Int32?.none)::int4, 'x'::varchar, 7::int2
                    """
                )
                let row = try #require(rows.first)
                #expect(try row.decode(0, as: Int64.self) == .max)
                #expect(try row.decode(1, as: Bool.self))
                #expect(try row.decode(2, as: String.self) == "ä'\"\\")
                #expect(try row.decode(3, as: Double.self) == 1.5)
                #expect(try row.decode(4, as: [Int64].self) == [1, 2])
                #expect(try row.decode(5, as: [String].self) == ["a", "b,c"])
                #expect(try row.decode(6, as: Int32?.self) == nil)
                #expect(try row.decode(7, as: String.self) == "x")
                #expect(try row.decode(8, as: Int.self) == 7)
            }
        }
    }

    @Test("A value of another type, or an unexpected NULL, names column, PostgreSQL's type and Swift's")
    func mismatch() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let row = try #require(try await connection.query("SELECT 'x'::text AS name, NULL::int8 AS age").first)
                let type = #expect(throws: PostgresError.self) { try row.decode("name", as: Int64.self) }
                #expect(type?.message == #"column "name" of type text cannot be read as Int64"#)
                let null = #expect(throws: PostgresError.self) { try row.decode("age", as: Int64.self) }
                #expect(null?.message == #"column "age" is NULL, and Int64 cannot be"#)
                let missing = #expect(throws: PostgresError.self) { try row.decode("nothing", as: Int64.self) }
                #expect(missing?.code == .decoding)
            }
        }
    }

    @Test(
        "A statement timeout holds for every statement, also after a reset; an impossible one is refused",
        .timeLimit(.minutes(10)))
    func statementTimeout() async throws {
        try await Fixture.with { fixture in
            var configuration = fixture.configuration
            configuration.statementTimeout = .milliseconds(20)
            var settings = ConnectionPool.Configuration(configuration, maximum: 1)
            settings.resetsSessions = true
            let pool = ConnectionPool(settings, logger: fixture.logger)
            let first = try await pool.withConnection { $0.backendProcessID }
            for _ in 0..<2 {
                await #expect("both times") { try await pool.query("SELECT pg_sleep(600)") } throws: { error in
                    let error = error as? PostgresError
                    return error?.sqlState == .queryCanceled && error?.code == .server
                }
            }
            // The same session, which has been reset, and not another one.
            let last = try await pool.withConnection { $0.backendProcessID }
            #expect(last == first)
            await pool.shutDown()
            configuration.statementTimeout = .seconds(-1)
            let refused = await #expect(throws: PostgresError.self) { try await Connection.connect(configuration) }
            #expect(refused?.code == .invalidValue)
        }
    }

    @Test("What the server remarks goes to the log, at the level of its severity")
    func notices() async throws {
        try await Fixture.with { fixture in
            let log = CapturedLog()
            var logger = log.logger
            logger.logLevel = .trace
            let connection = try await Connection.connect(fixture.configuration, logger: logger)
            try await connection.query("SET client_min_messages = debug1")
            for severity in ["WARNING", "NOTICE", "DEBUG"] {
                try await connection.query("DO $$ BEGIN RAISE \(unsafe: severity) 'a word'; END $$")
            }
            await connection.close()
            for (severity, level) in [("WARNING", "info"), ("NOTICE", "debug"), ("DEBUG", "trace")] {
                #expect(log.lines.contains { $0.contains(" \(level) ") && $0.contains("\(severity):  a word") })
            }
        }
    }

    @Test("An error has the server's fields and the place in the program, and the connection stays usable")
    func serverError() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await connection.query("CREATE TABLE t (id int8 PRIMARY KEY)")
                try await connection.query("INSERT INTO t VALUES (1)")
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.query("INSERT INTO t VALUES (1)")
                }
                #expect(error?.sqlState == .uniqueViolation)
                #expect(error?.constraint == "t_pkey")
                #expect(error?.table == "t")
                #expect(error?.file?.hasSuffix("ConnectionTests.swift") == true)
                #expect(error?.description.contains("(1)") == false, "the server's detail quotes the row")
                #expect(try await connection.number("SELECT count(*) FROM t") == 1)
            }
        }
    }

    @Test(
        "Cancelling the task cancels the statement on the server and leaves the connection usable",
        .timeLimit(.minutes(10)))
    func cancellation() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let sleeper = Task { try await connection.query("SELECT pg_sleep(600)") }
                try await fixture.untilRunning("SELECT pg_sleep(600)", on: connection)
                sleeper.cancel()
                await #expect(throws: CancellationError.self) { try await sleeper.value }
                #expect(try await connection.number("SELECT 1::int8") == 1)
            }
        }
    }

    @Test("A backend that is terminated is a lost connection, also for who waits", .timeLimit(.minutes(10)))
    func terminated() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let sleeper = Task { try await connection.query("SELECT pg_sleep(600)") }
                try await fixture.untilRunning("SELECT pg_sleep(600)", on: connection)
                try await fixture.terminate(connection.backendProcessID)
                let error = await #expect(throws: PostgresError.self) { try await sleeper.value }
                #expect(error?.isConnectionLoss == true)
                #expect(await !connection.isOpen)
            }
        }
    }

    @Test("One that is lost and then cut or closed leaves those alone that came after it", .timeLimit(.minutes(10)))
    func neighbours() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { lost in
                try await fixture.terminate(lost.backendProcessID)
                await #expect(throws: PostgresError.self) { try await lost.query("SELECT 1") }
                // libpq has closed its socket: one of these has that number now.
                var others: [Connection] = []
                for _ in 0..<8 { others.append(try await Connection.connect(fixture.configuration)) }
                lost.abort()
                await lost.close()
                lost.abort()
                for other in others {
                    #expect(try await other.number("SELECT 1::int8") == 1)
                    await other.close()
                }
            }
        }
    }

    @Test("No server, a wrong password, no such database: one line each", .timeLimit(.minutes(10)))
    func refused() async throws {
        let cluster = try await LocalCluster.shared
        try await cluster.requirePassword("right", ofNewRole: "locked")
        let attempts = [
            ("host=/nonexistent dbname=x", "/nonexistent"),
            ("host=\(cluster.path) user=locked password=wrong dbname=postgres", "password authentication failed"),
            ("host=\(cluster.path) user=postgres dbname=nothing", #"database "nothing" does not exist"#),
        ]
        for (target, message) in attempts {
            let error = await #expect(throws: PostgresError.self) {
                try await Connection.connect(ConnectionConfiguration(target))
            }
            #expect(error?.code == .connectionFailed)
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
            #expect(error?.description.contains("\n") == false)
            #expect(error?.description.contains("wrong") == false)
        }
        let connection = try await Connection.connect(
            ConnectionConfiguration("host=\(cluster.path) user=locked password=right dbname=postgres")
        )
        await connection.close()
    }

    @Test("Statements of one connection from many tasks do not mix")
    func concurrentUse() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let found = try await connection.number("SELECT \(number)::int8 FROM generate_series(1, 3)")
                            #expect(found == number)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("A large value comes through in both directions")
    func largeValue() async throws {
        try await Fixture.with { fixture in
            try await fixture.withConnection { connection in
                let text = String(repeating: "0123456789abcdef", count: 1 << 20)
                let row = try #require(
                    try await connection.query("SELECT length(\(text)::text)::int8, \(text)::text").first)
                #expect(try row.decode(0, as: Int.self) == text.utf8.count)
                #expect(try row.decode(1, as: String.self) == text)
            }
        }
    }
}

extension LocalCluster {
    /// Makes a role that needs a password; everybody else is trusted.
    func requirePassword(_ password: String, ofNewRole role: String) async throws {
        try await psql(
            """
            -- One after the other: each writes the whole file anew.
            SELECT pg_advisory_lock(hashtext('pg_hba.conf'));
            SET password_encryption = 'scram-sha-256';
            CREATE ROLE \(role) LOGIN PASSWORD '\(password)';
            CREATE TEMPORARY TABLE hba (number serial, line text);
            INSERT INTO hba (line) VALUES ('local all \(role) scram-sha-256');
            INSERT INTO hba (line) SELECT unnest(string_to_array(pg_read_file(current_setting('hba_file')), E'\\n'));
            DO $$ BEGIN
                EXECUTE format('COPY (SELECT line FROM hba ORDER BY number) TO %L', current_setting('hba_file'));
            END $$;
            SELECT pg_reload_conf();
            """
        )
        try await eventually("the server to read its new rules") {
            try await psql("SELECT count(*) FROM pg_hba_file_rules WHERE user_name = '{\(role)}'") == "1"
        }
    }
}
