import Heliograph
import HeliographTesting
import Testing

/// A table of users and one of effects, and what must hold between them.
///
/// The effects have no unique key: one that is applied twice is there twice. The truth is the users themselves.
struct Effects: Sendable {
    let fixture: Fixture

    static func with(_ body: (Effects) async throws -> Void) async throws {
        try await Fixture.with(.log) { try await body(try await make(in: $0)) }
    }

    static func make(in fixture: Fixture) async throws -> Effects {
        try await fixture.psql(
            """
            CREATE TABLE t (id bigint PRIMARY KEY, v int NOT NULL DEFAULT 0);
            CREATE TABLE effect (number bigserial, key bigint NOT NULL, v int NOT NULL, record bigint NOT NULL);
            """
        )
        try await fixture.withConnection { try await Attachments().attach("t", on: $0) }
        return Effects(fixture: fixture)
    }

    /// The receiver under test: an effect for each record, with what the record says.
    static func subscription(
        _ name: String = "effects", lanes: Int = 8, start: Subscription.Start = .beginning,
        retry: RetryPolicy = .init(maximumAttempts: 1_000_000),
        before: @escaping @Sendable (Record, Transaction) async throws -> Void = { _, _ in }
    ) -> Subscription {
        Subscription(
            name, sources: [.init(sender: "public.t", operations: [.insert, .update])], lanes: lanes, start: start,
            retry: retry
        ) { record, tx in
            try await before(record, tx)
            try await apply(record, tx)
        }
    }

    static func apply(_ record: Record, _ tx: Transaction) async throws {
        let row = try JSONValue(parsing: record.instance ?? "null")
        let key = try Int64(json: row["id"] ?? .null)
        let v = try Int32(json: row["v"] ?? .null)
        try await tx.execute("INSERT INTO effect (key, v, record) VALUES (\(key), \(v), \(record.id))")
    }

    /// Runs workers beside `body` and shuts them down in order afterwards.
    func withWorker(
        _ subscriptions: [Subscription], _ configuration: WorkerConfiguration = .forTests, name: String = "worker",
        _ body: () async throws -> Void
    ) async throws {
        var connection = fixture.configuration
        connection.applicationName = name
        let worker = Worker(subscriptions, database: connection, configuration: configuration, logger: fixture.logger)
        try await withService(worker, logger: fixture.logger, body)
    }

    /// Waits until so many lanes are held by workers.
    func held(lanes: Int) async throws {
        try await eventually("\(lanes) lanes to be held") {
            try await fixture.withConnection { connection in
                try await StatusReader().read(on: connection).holders.map(\.lanes.count).reduce(0, +) == lanes
            }
        }
    }

    /// Waits until each row of the table has its effects: one for its insert and one for each update.
    func settled() async throws {
        do {
            try await eventually("the effects of all rows") {
                try await fixture.count("SELECT count(*) FROM effect")
                    >= fixture.count("SELECT coalesce(sum(v + 1), 0) FROM t")
            }
        } catch let error as NotInTime {
            throw NotSettled(error: error, faults: try await faults, state: try await state, log: fixture.log.lines)
        }
    }

    struct NotSettled: Error, CustomStringConvertible {
        let error: NotInTime
        let faults: [String]
        let state: [String]
        let log: [String]

        var description: String {
            "\(error); faults: \(faults.prefix(5)); " + (state + log.suffix(40)).joined(separator: "\n")
        }
    }

    /// What the database knows of the workers.
    private var state: [String] {
        get async throws {
            try await fixture.withConnection { connection in
                try await connection.texts(
                    """
                    SELECT concat_ws(' ', 'lane', lane, 'version', version, lo_snapshot, hi_snapshot, last_id, incarnation, at)
                    FROM heliograph.subscription AS s
                    CROSS JOIN heliograph.current_positions(s.id, ARRAY(SELECT generate_series(0, s.lanes - 1)::int2))
                    UNION ALL
                    SELECT concat_ws(' ', 'session', pid, application_name, state, wait_event, left(query, 60), state_change)
                    FROM pg_stat_activity WHERE datname = current_database()
                    UNION ALL
                    SELECT concat_ws(' ', 'incarnation', id, started_at, noted_at, pg_postmaster_start_time(), now(),
                        pg_current_snapshot())
                    FROM heliograph.incarnation
                    """
                )
            }
        }
    }

    /// Expects that exactly this is wrong.
    func expect(faults expected: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let found = try await faults
        #expect(found == expected, sourceLocation: sourceLocation)
    }

    /// What is wrong: by the table itself, whose rows count their own updates in `v`.
    var faults: [String] {
        get async throws {
            try await fixture.withConnection { connection in
                try await connection.texts(
                    """
                    WITH wanted AS (
                        SELECT id AS key, version AS v FROM t CROSS JOIN LATERAL generate_series(0, t.v) AS version
                    ), found AS (
                        SELECT key, v, count(*) AS times, min(number) AS number FROM effect GROUP BY key, v
                    )
                    SELECT 'lost ' || wanted.key || '/' || wanted.v FROM wanted LEFT JOIN found USING (key, v) WHERE times IS NULL
                    UNION ALL
                    SELECT 'doubled ' || key || '/' || v FROM found WHERE times > 1
                    UNION ALL
                    SELECT 'never written ' || key || '/' || found.v FROM found LEFT JOIN t ON id = key AND t.v >= found.v WHERE id IS NULL
                    UNION ALL
                    SELECT 'out of order ' || key || '/' || v FROM (
                        SELECT key, v, lag(v) OVER (PARTITION BY key ORDER BY number) AS before FROM effect) AS ordered
                    WHERE v < before
                    ORDER BY 1 LIMIT 20
                    """
                )
            }
        }
    }
}

extension WorkerConfiguration {
    /// Quick to share lanes and to try again, so that tests need not wait.
    static var forTests: WorkerConfiguration {
        WorkerConfiguration(
            pollInterval: .milliseconds(100), flushInterval: .milliseconds(200), silenceLimit: .seconds(5),
            retryBackoff: Backoff(initial: .milliseconds(10), maximum: .milliseconds(100))
        )
    }
}
