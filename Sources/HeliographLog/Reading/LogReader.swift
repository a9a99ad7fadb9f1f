public import HeliographPostgres

/// Reads the signal log by snapshot windows.
///
/// The window (lo, hi] holds the records whose transaction is visible in `hi` and not in `lo`: each committed record is in exactly
/// one of a row of adjoining windows, whenever it commits. Always in READ COMMITTED, never on a standby.
public struct LogReader: Sendable {
    private let schema: SchemaName
    /// Whether the connection has ``sessionSettings``.
    private let isPrepared: Bool

    public init(schema: SchemaName = .standard) { self.init(schema: schema, isPrepared: false) }

    /// - Parameter isPrepared: whether the connection it reads on is made ready by ``sessionSettings``.
    package init(schema: SchemaName, isPrepared: Bool) {
        self.schema = schema
        self.isPrepared = isPrepared
    }

    /// For a connection on which nothing is asked that needs another plan: else they are set for each read, and for the transaction that
    /// the caller has begun.
    package static let sessionSettings = """
        SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan;
        """

    /// Reads a window from its start.
    /// - Parameters:
    ///   - lo: where the last window ended.
    ///   - hi: the end; `nil` for now. Never one that is newer than this statement.
    ///   - limit: at most so many records.
    public func read(
        from lo: Snapshot, to hi: Snapshot? = nil, _ filter: RecordFilter = .init(), limit: Int,
        on connection: Connection
    ) async throws -> Window {
        try await read(from: lo, to: hi, filter, and: "true", limit: limit, on: connection)
    }

    /// - Parameter condition: on a record under the alias `log`.
    package func read(
        from lo: Snapshot, to hi: Snapshot?, _ filter: RecordFilter, and condition: SQL, limit: Int,
        on connection: Connection
    ) async throws -> Window {
        let wanted: SQL = "\(filter.condition) AND \(condition)"
        // Transactions are found by number: those begun after lo, and the late ones. So an old open transaction does not make each window
        // scan all that has been written since it began. And in the order of the index, which the planner would not see for the two
        // parts together: so the first ones come at once, whatever it thinks of their number.
        let order: SQL = "log.xid, log.id"
        let window = try await read(hi, limit, lanes: filter.laneCount, by: order, on: connection) { end in
            """
            (
                SELECT \(Record.rawColumns) FROM \(schema.sql).signal_log AS log
                WHERE log.xid >= pg_snapshot_xmax(\(lo.text)::pg_snapshot) AND log.xid < pg_snapshot_xmax(\(end))
                    AND pg_visible_in_snapshot(log.xid, \(end)) AND \(wanted)
                ORDER BY \(order) LIMIT \(limit)
            )
            \(late(lo, end, Record.rawColumns, and: wanted))
            """
        }
        guard !window.isComplete else { return window }
        return try await open(
            window.hi, window.newestID, from: lo, filter.laneCount, and: wanted, limit, on: connection)
    }

    /// The first part of a window that has more records than are wanted at once: those that come first by id.
    ///
    /// From the first number of all, which the index alone tells: to sort the window by number would read all of it, and the planner may
    /// rather read the log by number from its start. The late ones stand for themselves: between one that was open for long and the
    /// others there may be all of the log.
    private func open(
        _ hi: Snapshot, _ newestID: Int64, from lo: Snapshot, _ lanes: Int, and wanted: SQL, _ limit: Int,
        on connection: Connection
    ) async throws -> Window {
        let first: Int64
        do {
            let numbers: SQL = """
                SELECT log.id FROM \(schema.sql).signal_log AS log
                WHERE log.xid >= pg_snapshot_xmax(\(lo.text)::pg_snapshot) AND log.xid < pg_snapshot_xmax(\(hi.text)::pg_snapshot)
                """
            let statement: SQL = "SELECT min(id) FROM (\(numbers) OFFSET 0) AS log"
            let number =
                lo == .beginning ? 1 : try await run(statement, on: connection).first?.decode(0, as: Int64?.self)
            first = number ?? .max
        } catch {
            throw LogError.explain(error, schema: schema)
        }
        let window = try await read(hi, limit, lanes: lanes, by: "log.id", on: connection) { end in
            let late = late(
                lo, end, Record.rawColumns, and: "log.id < \(first) AND \(wanted) ORDER BY log.id LIMIT \(limit)")
            return """
                (
                    SELECT \(Record.rawColumns) FROM \(schema.sql).signal_log AS log
                    WHERE log.id >= \(first) AND pg_visible_in_snapshot(log.xid, \(end))
                        AND NOT pg_visible_in_snapshot(log.xid, \(lo.text)::pg_snapshot) AND \(wanted)
                    ORDER BY log.id LIMIT \(limit)
                )
                \(late)
                """
        }
        // That of the statement that took hi: what was numbered since is of another window.
        return Window(
            hi: hi, records: window.records, isComplete: window.isComplete, server: window.server, newestID: newestID)
    }

    /// With the records of transactions that were open in lo and have ended since. Mostly none was, and to look for none costs a fifth of
    /// a small window.
    private func late(_ lo: Snapshot, _ end: SQL, _ columns: SQL, and condition: SQL) -> SQL {
        guard lo.hasOpen else { return "" }
        return """
            UNION ALL (
                SELECT \(columns) FROM \(schema.sql).signal_log AS log
                WHERE log.xid = ANY (ARRAY(
                        SELECT open.xid FROM pg_snapshot_xip(\(lo.text)::pg_snapshot) AS open (xid)
                        WHERE pg_visible_in_snapshot(open.xid, \(end))
                    )) AND \(condition)
            )
            """
    }

    /// Goes on in a window that was not complete.
    /// - Parameter id: the last record that was read of it.
    public func read(
        from lo: Snapshot, to hi: Snapshot, after id: Int64, _ filter: RecordFilter = .init(), limit: Int,
        on connection: Connection
    ) async throws -> Window {
        try await read(from: lo, to: hi, after: id, filter, and: "true", limit: limit, on: connection)
    }

    /// - Parameter condition: on a record under the alias `log`.
    package func read(
        from lo: Snapshot, to hi: Snapshot, after id: Int64, _ filter: RecordFilter, and condition: SQL, limit: Int,
        on connection: Connection
    ) async throws -> Window {
        let condition: SQL = "\(filter.condition) AND \(condition)"
        // By id: to open the window anew for each batch would look through all of it.
        return try await read(hi, limit, lanes: filter.laneCount, by: "log.id", on: connection) { end in
            """
            SELECT \(Record.rawColumns)
            FROM \(schema.sql).signal_log AS log
            WHERE log.id > \(id) AND pg_visible_in_snapshot(log.xid, \(end))
                AND NOT pg_visible_in_snapshot(log.xid, \(lo.text)::pg_snapshot) AND \(condition)
            """
        }
    }

    /// Notes in the database which life of the server this is, if nobody has yet. To be called before the first window on a new
    /// connection.
    /// - Returns: the mark of this life, as ``Window/server``.
    /// - Throws: ``LogError``: the schema is missing, the server is a standby, or the log that of another cluster.
    @discardableResult
    public func noteIncarnation(on connection: Connection) async throws -> String {
        do {
            try await connection.query("SELECT \(schema.sql).note_incarnation()")
            guard let row = try await connection.query("SELECT \(server)").first else { throw Self.noRow }
            return try row.decode(0)
        } catch {
            throw LogError.explain(error, schema: schema)
        }
    }

    /// A snapshot to start from, and the server it belongs to: what commits after this moment is after it.
    public func takeSnapshot(on connection: Connection) async throws -> (snapshot: Snapshot, server: String) {
        do {
            let rows = try await connection.query(
                "SELECT \(schema.sql).take_snapshot()::text, \(server)"
            )
            guard let row = rows.first else { throw Self.noRow }
            return (Snapshot(try row.decode(0)), try row.decode(1))
        } catch {
            throw LogError.explain(error, schema: schema)
        }
    }

    private func read(
        _ hi: Snapshot?, _ limit: Int, lanes: Int, by order: SQL, on connection: Connection,
        _ window: (SQL) -> SQL
    ) async throws -> Window {
        // pg_current_snapshot() is the statement's own snapshot, wherever in the statement it stands. As a cursor it serves only
        // in a transaction that has not written, which take_snapshot() looks at.
        let end: SQL = hi.map { "\($0.text)::pg_snapshot" } ?? "pg_current_snapshot()"
        let cursor: SQL = hi == nil ? "\(schema.sql).take_snapshot()" : end
        let rows: Rows
        do {
            let statement: SQL = """
                SELECT \(cursor)::text, \(server),
                    coalesce(pg_sequence_last_value('\(schema.sql).signal_log_id_seq'), 0), \(Record.columns)
                FROM (VALUES (1)) AS one LEFT JOIN LATERAL (
                    SELECT * FROM (\(window(end))) AS log ORDER BY \(order) LIMIT \(limit)
                ) AS log ON true
                """
            rows = try await run(statement, on: connection)
        } catch {
            throw LogError.explain(error, schema: schema)
        }
        guard let first = rows.first else { throw Self.noRow }
        let isEmpty = try first.decode(3, as: Int64?.self) == nil
        var records = isEmpty ? [] : try rows.map { try Record(row: $0, from: 3, lanes: lanes) }
        // Mostly they are.
        if !zip(records, records.dropFirst()).allSatisfy({ $0.id < $1.id }) { records.sort { $0.id < $1.id } }
        return Window(
            hi: Snapshot(try first.decode(0)), records: records, isComplete: records.count < limit,
            server: try first.decode(1), newestID: try first.decode(2)
        )
    }

    private func run(_ statement: SQL, on connection: Connection) async throws -> Rows {
        guard !isPrepared else { return try await connection.query(statement) }
        return try await connection.pipeline([Self.statementSettings, statement])[1]
    }

    /// What tells one life of a server from another: its start, and a mark that a crash wipes out (when a backend is killed the
    /// server recovers without a new start time). As epoch, so that the session's time zone does not matter.
    private var server: SQL {
        """
        extract(epoch FROM pg_postmaster_start_time())::text || '/' \
        || coalesce(pg_sequence_last_value('\(schema.sql).incarnation_alive'), 0)::text
        """
    }

    /// For the transaction that the next statement is in, too. Without them the planner, who cannot know how much of the log somebody
    /// wants, may read and sort all that is in a window, or behind a place, for each batch of it; and in a large log plans each read anew.
    private static let statementSettings: SQL = """
        SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('jit', 'off', true),
            set_config('plan_cache_mode', 'force_generic_plan', true)
        """

    private static var noRow: PostgresError {
        PostgresError(.decoding, "the server sent no row where there is always one")
    }
}
