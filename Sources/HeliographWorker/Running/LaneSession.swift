import HeliographLog
import HeliographModels
import HeliographPostgres
import Logging
import Synchronization

/// The session that holds a subscription's lanes and does its effects.
///
/// Both on one session, so that a lane's lock falls only together with the transaction that is open. The server ends the session
/// when its client is gone or silent.
final class LaneSession: LaneStore {
    let connection: Connection
    /// For what is said of this session when it has ended.
    let reading: Connection
    let schema: SQL
    let registration: Registration
    let server: String
    let policy: RetryPolicy
    let contextSetting: String
    private let nextBegins = Mutex<(@Sendable () -> Void)?>(nil)

    init(
        connection: Connection, reading: Connection, registration: Registration, server: String, schema: SchemaName,
        policy: RetryPolicy
    ) {
        self.connection = connection
        self.reading = reading
        self.registration = registration
        self.server = server
        self.policy = policy
        self.schema = SQL(unsafe: schema.name)
        contextSetting = "\(schema.name).context"
    }

    var isOpen: Bool {
        get async { await connection.isOpen }
    }

    func close() async { await connection.close() }

    func rollBack() async { await connection.rollBack() }

    func ping() async throws { try await connection.query("SELECT 1") }

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
                \(LogReader.sessionSettings)
                """
        )
    }

    // MARK: Lanes

    /// By a shared lock beside the lanes.
    func join() async throws {
        try await connection.query("SELECT pg_advisory_lock_shared(\(registration.lockClass), -1)")
    }

    func showOutage(_ isOn: Bool) async throws {
        let function: SQL = isOn ? "pg_advisory_lock_shared" : "pg_advisory_unlock_shared"
        try await connection.query("SELECT \(function)(\(registration.lockClass), -2)")
    }

    /// It is also the ping that keeps an idle session alive.
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

    func transaction(for context: EffectContext?, isDurable: Bool) -> any LaneTransaction {
        var opening: [SQL] = ["BEGIN ISOLATION LEVEL READ COMMITTED"]
        if let context { opening.append("SELECT set_config(\(contextSetting), \(context.json), true)") }
        if isDurable { opening.append("SET LOCAL synchronous_commit = on") }
        let whenTaken = nextBegins.withLock { next in
            defer { next = nil }
            return next
        }
        return SessionTransaction(self, TransactionOpening(opening, whenTaken: whenTaken))
    }

    func whenNextBegins(_ body: @escaping @Sendable () -> Void) { nextBegins.withLock { $0 = body } }
}
