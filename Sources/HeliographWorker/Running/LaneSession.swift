import HeliographLog
import HeliographModels
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
    private let contextSetting: String

    init(connection: Connection, registration: Registration, schema: SchemaName) {
        self.connection = connection
        self.registration = registration
        self.schema = SQL(unsafe: schema.name)
        contextSetting = "\(schema.name).context"
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

    /// A sign of life.
    func ping() async throws { try await connection.query("SELECT 1") }

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

    /// What opens a transaction.
    /// - Parameters:
    ///   - context: of what the receivers write.
    ///   - isDurable: whether no crash may take it back once it is committed, whatever the session's setting.
    func opening(for context: EffectContext? = nil, isDurable: Bool = false) -> TransactionOpening {
        var statements: [SQL] = ["BEGIN ISOLATION LEVEL READ COMMITTED"]
        if let context { statements.append("SELECT set_config(\(contextSetting), \(context.json), true)") }
        if isDurable { statements.append("SET LOCAL synchronous_commit = on") }
        return TransactionOpening(statements)
    }

    /// Moves lanes to the place where they are, for good: everything that was visible until then outlasts a crash, and whoever else
    /// believes to hold them can do no more with them.
    /// - Returns: the place with its ticks.
    func claim(_ lanes: [Int], of table: LaneTable, at place: LanePlace) async throws -> LanePlace {
        try await move(lanes, of: table, to: place, isDurable: true)
    }

    /// Moves lanes, and nothing else.
    /// - Returns: the place with its ticks.
    func move(
        _ lanes: [Int], of table: LaneTable, to place: LanePlace, isDurable: Bool = false
    ) async throws -> LanePlace {
        do {
            return try await commit(lanes, of: table, at: place, opening(isDurable: isDurable)).place
        } catch let error as BatchRefused {
            throw Doubt(error: error.error)
        }
    }

    /// Ends the transaction of a batch: deferred constraints, positions, COMMIT, in one round trip.
    ///
    /// The position comes last before COMMIT: so nobody ever waits for the lock of a frozen worker's position.
    /// - Parameters:
    ///   - opening: what opens it; is sent first, if no statement has taken it.
    ///   - deliveries: statements about parked records.
    /// - Returns: the place with its ticks; the rows of the deliveries' statements.
    /// - Throws: ``BatchRefused`` when the server refused it, so that nothing has happened; ``Doubt`` when only the database knows.
    func commit(
        _ lanes: [Int], of table: LaneTable, at place: LanePlace, _ opening: TransactionOpening, deliveries: [SQL] = []
    ) async throws -> (place: LanePlace, rows: ArraySlice<Rows>) {
        let versions = lanes.map { table.lanes[$0]?.version ?? 0 }
        let generation = lanes.first.flatMap { table.lanes[$0]?.generation } ?? 0
        let before = opening.take() + ["SET CONSTRAINTS ALL IMMEDIATE"]
        let results: [Rows]
        do {
            results = try await connection.pipeline(
                before + deliveries + [
                    """
                    SELECT \(schema).advance(
                        \(registration.id), \(lanes.map { Int16(clamping: $0) }), \(versions), \(Int32(clamping: generation)),
                        \(place.lo.tick), \(place.hi?.tick), \(place.lastID), \(place.frontier?.parts),
                        \(place.lo.unnamed)::pg_snapshot, \(place.hi?.unnamed)::pg_snapshot
                    )
                    """,
                    "COMMIT",
                ])
        } catch let error as PostgresError {
            let behind = before.count...before.count + deliveries.count
            let isOfPositions =
                error.sqlState?.errorClass == "HG" || error.constraint == "position_pkey"
                || error.sqlState?.isContention == true && behind.contains(error.statementIndex ?? 0)
            guard error.code == .server, await connection.isOpen, !isOfPositions else { throw Doubt(error: error) }
            throw BatchRefused(error: error)
        }
        guard results.last?.commandTag == "COMMIT" else {
            throw Doubt(error: PostgresError(.transactionAborted, "COMMIT was answered with ROLLBACK"))
        }
        let ticks: [Int64?] = try results[results.count - 2].first?.decode(0) ?? []
        var named = place
        named.lo.tick = ticks.first ?? place.lo.tick
        named.hi?.tick = ticks.last ?? place.hi?.tick
        return (named, results.dropFirst(before.count).prefix(deliveries.count))
    }
}
