import HeliographLog
import HeliographPostgres
import Logging

/// The session that holds a subscription's lanes and does its effects.
///
/// Both on one session, so that a lane's lock falls only together with the transaction that is open. The server ends the session
/// when its client is gone or silent.
final class LaneSession: Sendable {
    let connection: Connection
    let schema: SQL
    let registration: Registration

    init(connection: Connection, registration: Registration, schema: SchemaName) {
        self.connection = connection
        self.registration = registration
        self.schema = SQL(unsafe: schema.name)
    }

    /// Sets the time-outs with which the server frees the lanes of a frozen or vanished worker.
    /// - Parameter database: what the connection was made by.
    /// - Throws: ``WorkerError`` behind a pooler in transaction mode: there a session's locks and settings belong to nobody.
    static func prepare(
        _ connection: Connection, of database: ConnectionConfiguration, silenceLimit: Duration, logger: Logger
    ) async throws {
        // First: what is set on a session that others use is set for them.
        guard try await connection.hasSessionOfItsOwn(database, logger: logger) else {
            throw WorkerError(
                .pooler,
                "between this worker and PostgreSQL stands a pooler in transaction mode: connect workers to the server itself (only reading works through it, with --poll-only)"
            )
        }
        try await connection.endWhenSilent(after: silenceLimit)
    }

    /// Frees the connection that reads the log from time-outs that a role or database may have: the first window after a long
    /// time takes as long as it takes.
    static func prepare(reading connection: Connection) async throws {
        try await connection.runScript(
            unsafe: """
                SET client_connection_check_interval = '250ms';
                SET statement_timeout = 0;
                SET idle_session_timeout = 0;
                SET default_transaction_isolation = 'read committed';
                """
        )
    }

    // MARK: Lanes

    /// Joins the workers of the subscription: each holds a shared lock beside the lanes.
    func join() async throws {
        try await connection.query("SELECT pg_advisory_lock_shared(\(registration.lockClass), -1)")
    }

    /// Has others see that everything fails for this session, or no more.
    func showOutage(_ isOn: Bool) async throws {
        let function: SQL = isOn ? "pg_advisory_lock_shared" : "pg_advisory_unlock_shared"
        try await connection.query("SELECT \(function)(\(registration.lockClass), -2)")
    }

    /// How many workers the subscription has at this moment, and whether it is still as this session knows it. It is also the ping
    /// that keeps an idle session alive.
    func membership() async throws -> (count: Int, isCurrent: Bool) {
        let rows = try await connection.query(
            """
            SELECT count(*), (
                SELECT concat_ws('/', revision, state, changes) FROM \(schema).subscription WHERE id = \(registration.id)
            ) FROM pg_locks
            WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND classid::int8 = \(Int64(UInt32(bitPattern: registration.lockClass)))
                AND objid::int8 = 4294967295 AND objsubid = 2 AND mode = 'ShareLock' AND granted
            """
        )
        guard let row = rows.first else { return (1, false) }
        let mark: String? = try row.decode(1)
        return (try row.decode(0), mark == registration.mark)
    }

    /// Keeps the session alive while its owner is busy elsewhere, until the task is cancelled.
    /// - Parameter onAnswer: called each time it has answered.
    func keepAlive(every interval: Duration, onAnswer: @Sendable () -> Void = {}) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: interval)
            guard !Task.isCancelled else { return }
            // The owner finds out by its next statement.
            guard (try? await connection.query("SELECT 1")) != nil else { return }
            onAnswer()
        }
    }

    /// Locks up to `limit` of these lanes.
    func lock(_ candidates: [Int], limit: Int) async throws -> [Int] {
        let rows = try await connection.query(
            """
            SELECT lane FROM unnest(\(candidates.map { Int32(clamping: $0) })) AS lane
            WHERE pg_try_advisory_lock(\(registration.lockClass), lane) LIMIT \(limit)
            """
        )
        return try rows.map { try $0.decode(0) }
    }

    func unlock(_ lanes: [Int]) async throws {
        try await connection.query(
            """
            SELECT pg_advisory_unlock(\(registration.lockClass), lane)
            FROM unnest(\(lanes.map { Int32(clamping: $0) })) AS lane
            """
        )
    }

    /// Reads the newest versions of lanes, which must be locked.
    func readPositions(of lanes: [Int], into table: inout LaneTable) async throws {
        let rows = try await connection.query(
            """
            SELECT lane::int4, version, generation, lo, lo_snapshot::text, hi, hi_snapshot::text, last_id, frontier
            FROM \(schema).current_positions(\(registration.id), \(lanes.map { Int16(clamping: $0) }))
            """
        )
        for row in rows {
            let lane: Int = try row.decode(0)
            let lo = Cursor(snapshot: Snapshot(try row.decode(4)), tick: try row.decode(3))
            let hiTick: Int64? = try row.decode(5)
            let hi: String? = try row.decode(6)
            let frontier: [String]? = try row.decode(8)
            table.hold(
                lane, version: try row.decode(1), generation: try row.decode(2),
                place: LanePlace(
                    lo: lo, hi: hi.map { Cursor(snapshot: Snapshot($0), tick: hiTick) }, lastID: try row.decode(7),
                    frontier: frontier.map(Frontier.init)
                )
            )
        }
    }

    // MARK: Transactions

    /// Opens a transaction and names the snapshots that a place consists of.
    /// - Parameters:
    ///   - context: of what the receivers write.
    ///   - isDurable: whether no crash may take it back once it is committed, whatever the session's setting.
    /// - Returns: the place with its ticks.
    func begin(
        _ place: LanePlace, for context: EffectContext?, isDurable: Bool = false
    ) async throws -> LanePlace {
        var statements: [SQL] = ["BEGIN ISOLATION LEVEL READ COMMITTED"]
        if place.lo.tick == nil { statements.append(recordTick(place.lo)) }
        if let hi = place.hi, hi.tick == nil { statements.append(recordTick(hi)) }
        if let context {
            statements.append(
                "SELECT \(schema).set_context(origin => \(context.origin), depth => \(Int32(clamping: context.depth)))")
        }
        if isDurable { statements.append("SET LOCAL synchronous_commit = on") }
        let results = try await connection.pipeline(statements)
        var named = place
        var next = 1
        if place.lo.tick == nil {
            named.lo.tick = try results[next].first?.decode(0)
            next += 1
        }
        if let hi = place.hi, hi.tick == nil { named.hi?.tick = try results[next].first?.decode(0) }
        return named
    }

    /// Moves lanes to the place where they are, for good: everything that was visible until then outlasts a crash, and whoever else
    /// believes to hold them can do no more with them.
    /// - Returns: the place with its ticks.
    func claim(_ lanes: [Int], of table: LaneTable, at place: LanePlace) async throws -> LanePlace {
        let named = try await begin(place, for: nil, isDurable: true)
        do {
            try await commit(lanes, of: table, at: named)
        } catch let error as BatchRefused {
            throw Doubt(error: error.error)
        }
        return named
    }

    /// Ends the transaction of a batch: deferred constraints, positions, COMMIT, in one round trip.
    ///
    /// The position comes last before COMMIT: so nobody ever waits for the lock of a frozen worker's position.
    /// - Parameter deliveries: statements about parked records.
    /// - Returns: the rows of those.
    /// - Throws: ``BatchRefused`` when the server refused it, so that nothing has happened; ``Doubt`` when only the database knows.
    @discardableResult
    func commit(
        _ lanes: [Int], of table: LaneTable, at place: LanePlace, deliveries: [SQL] = []
    ) async throws -> [Rows] {
        let versions = lanes.map { table.lanes[$0]?.version ?? 0 }
        let generation = lanes.first.flatMap { table.lanes[$0]?.generation } ?? 0
        let results: [Rows]
        do {
            results = try await connection.pipeline(
                ["SET CONSTRAINTS ALL IMMEDIATE"] + deliveries + [
                    """
                    SELECT \(schema).advance(
                        \(registration.id), \(lanes.map { Int16(clamping: $0) }), \(versions), \(Int32(clamping: generation)),
                        \(place.lo.tick), \(place.hi?.tick), \(place.lastID), \(place.frontier?.parts)
                    )
                    """,
                    "COMMIT",
                ])
        } catch let error as PostgresError {
            guard error.code == .server, await connection.isOpen,
                !Self.isOfPositions(error, deliveries: deliveries.count)
            else {
                throw Doubt(error: error)
            }
            throw BatchRefused(error: error)
        }
        guard results.last?.commandTag == "COMMIT" else {
            throw Doubt(error: PostgresError(.transactionAborted, "COMMIT was answered with ROLLBACK"))
        }
        return Array(results.dropFirst().prefix(deliveries.count))
    }

    /// Whether the positions are not as they are in memory, or somebody else writes them at this moment.
    private static func isOfPositions(_ error: PostgresError, deliveries: Int) -> Bool {
        error.sqlState?.errorClass == "HG" || error.constraint == "position_pkey"
            || (1...deliveries + 1).contains(error.statementIndex ?? 0) && error.sqlState?.isContention == true
    }

    private func recordTick(_ cursor: Cursor) -> SQL {
        "SELECT \(schema).record_tick(\(cursor.snapshot.text)::pg_snapshot)"
    }
}
