import HeliographPostgres

/// The session whose lock makes a process the pump. All that the pump does goes over it, so that nothing is done without the lock.
struct PumpSession: Sendable {
    let connection: Connection
    private let schema: SchemaName

    /// The pump's place, as one who would take it finds it.
    enum Place: Sendable {
        case free
        /// Another session has it.
        case taken
        /// The role may not set the flag, or not read the log: it can only wait.
        case forbidden
    }

    /// Looks at the pump's place. Over any connection: the lock is given back at once.
    static func place(_ schema: SchemaName, on connection: Connection) async throws -> Place {
        let row: Row?
        do {
            row = try await connection.query(
                """
                SELECT CASE WHEN pump.is_allowed AND pg_try_advisory_lock(\(key(schema)))
                    THEN pg_advisory_unlock(\(key(schema))) ELSE false END, pump.is_allowed
                FROM (SELECT has_sequence_privilege('\(schema.sql).bell', 'UPDATE')
                        AND has_table_privilege('\(schema.sql).signal_log', 'SELECT')
                        AND has_table_privilege('\(schema.sql).attachment', 'SELECT') AS is_allowed OFFSET 0) AS pump
                """
            ).first
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            // Not even the schema's names may be looked up.
            return .forbidden
        }
        guard let row, try row.decode(1) else { return .forbidden }
        return try row.decode(0) ? .free : .taken
    }

    /// - Returns: `nil` if another process has been faster; the connection is the caller's still.
    static func begin(_ schema: SchemaName, on connection: Connection, silenceLimit: Duration) async throws
        -> PumpSession?
    {
        try await connection.endWhenSilent(after: silenceLimit)
        let row = try await connection.query("SELECT pg_try_advisory_lock(\(key(schema)))").first
        return try row?.decode(0) == true ? PumpSession(connection: connection, schema: schema) : nil
    }

    /// A lock of the session in the two-int form: (hash of the schema, hash of "pump").
    static func key(_ schema: SchemaName) -> SQL { "hashtext(\(schema.name)), hashtext('pump')" }

    func set(_ flag: PumpState.Flag) async throws {
        try await connection.query("SELECT setval('\(schema.sql).bell', \(flag.rawValue), \(flag.rawValue == 1))")
    }

    /// The transactions that hold a writer's lock on the log, those that are prepared too. Of this database: snapshots would name
    /// the whole cluster's.
    func writers() async throws -> Set<String> {
        let rows = try await connection.query(
            """
            SELECT lock.virtualtransaction FROM pg_locks AS lock
            WHERE lock.locktype = 'relation' AND lock.relation IN (
                    SELECT inhrelid FROM pg_inherits WHERE inhparent = '\(schema.sql).signal_log'::regclass)
                AND lock.mode = 'RowExclusiveLock' AND lock.granted
                AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        )
        return Set(try rows.map { try $0.decode(0) })
    }

    /// Rings if anything has been committed since a snapshot. But not when the queue of notifications fills up: a full one fails
    /// whoever rings, and readers also look by themselves.
    /// - Parameter last: what was seen at the last look; `nil` at the first, which always rings.
    func look(since last: Snapshot?) async throws -> PumpLook {
        let start: SQL = "\((last ?? .beginning).text)::pg_snapshot"
        let found: SQL =
            last == nil
            ? "true"
            : """
            EXISTS (SELECT FROM \(schema.sql).signal_log AS log
                WHERE log.xid >= pg_snapshot_xmax(\(start)) AND log.xid < pg_snapshot_xmax(pg_current_snapshot())
                    AND pg_visible_in_snapshot(log.xid, pg_current_snapshot()))
            OR EXISTS (SELECT FROM \(schema.sql).signal_log AS log
                WHERE log.xid = ANY (ARRAY(SELECT open.xid FROM pg_snapshot_xip(\(start)) AS open (xid)
                    WHERE pg_visible_in_snapshot(open.xid, pg_current_snapshot()))))
            """
        let rows = try await connection.query(
            """
            SELECT seen.cursor::text, seen.found,
                CASE WHEN seen.found AND pg_notification_queue_usage() < 0.5
                    THEN pg_notify(\(schema.name), '')::text END,
                coalesce(pg_sequence_last_value('\(schema.sql).signal_log_id_seq'), 0)
            FROM (SELECT \(schema.sql).take_snapshot() AS cursor, \(found) AS found OFFSET 0) AS seen
            """
        )
        guard let row = rows.first else {
            throw PostgresError(.decoding, "the server sent no row where there is always one")
        }
        return PumpLook(snapshot: Snapshot(try row.decode(0)), found: try row.decode(1), newestID: try row.decode(3))
    }

    /// A sign of life.
    /// - Returns: whether there are tables whose writers never ring.
    func hasSilentTables() async throws -> Bool {
        let rows = try await connection.query("SELECT EXISTS (SELECT FROM \(schema.sql).attachment WHERE NOT bell)")
        return try rows.first?.decode(0) ?? false
    }
}
