public import HeliographPostgres

/// The records that subscriptions have parked: waiting ones and dead letters.
public struct ParkedRecords: Sendable {
    private let schema: SchemaName

    public init(schema: SchemaName = .standard) { self.schema = schema }

    /// Reads them, by subscription and number.
    /// - Parameters:
    ///   - subscription: Default: all.
    ///   - ids: Their own numbers. Default: all.
    ///   - onlyDead: Only dead letters. Default: `false`.
    ///   - limit: At most so many. Default: 1,000.
    /// - Throws: ``LogError``; `PostgresError`.
    public func list(
        subscription: String? = nil, ids: [Int64]? = nil, onlyDead: Bool = false, limit: Int = 1_000,
        on connection: Connection
    ) async throws -> [ParkedRecord] {
        let rows: Rows
        let tries: Rows
        do {
            rows = try await connection.query(
                """
                SELECT parked.id, sub.name, parked.state = 'dead', parked.failures, \(utc("parked.due_at")),
                    \(utc("parked.parked_at")), \(Record.columns)
                FROM \(schema.sql).delivery AS parked
                JOIN \(schema.sql).subscription AS sub ON sub.id = parked.subscription
                CROSS JOIN LATERAL (SELECT coalesce(parked.record, 0) AS id, parked.xid, parked.at, parked.sender,
                    parked.partition, parked.operation, parked.lane_hash, parked.key, parked.previous_key,
                    parked.instance, parked.previous, parked.changed, parked.context, parked.writer) AS log
                WHERE (\(subscription)::text IS NULL OR sub.name = \(subscription))
                    AND (\(ids)::int8[] IS NULL OR parked.id = ANY (\(ids)::int8[]))
                    AND (NOT \(onlyDead) OR parked.state = 'dead')
                ORDER BY sub.name, parked.id LIMIT \(limit)
                """
            )
            let found = try rows.map { try $0.decode(0, as: Int64.self) }
            tries = try await connection.query(
                """
                SELECT delivery, number, \(utc("at")), worker, error FROM \(schema.sql).attempt
                WHERE delivery = ANY (\(found)) ORDER BY delivery, number
                """
            )
        } catch {
            throw LogError.explain(error, schema: schema)
        }
        var attempts: [Int64: [ParkedRecord.Attempt]] = [:]
        for row in tries {
            attempts[try row.decode(0), default: []].append(
                .init(
                    number: try row.decode(1), at: try row.decode(2), worker: try row.decode(3),
                    error: try row.decode(4)))
        }
        return try rows.map { row in
            let id: Int64 = try row.decode(0)
            return ParkedRecord(
                id: id, subscription: try row.decode(1), isDead: try row.decode(2), failures: try row.decode(3),
                dueAt: try row.decode(4), parkedAt: try row.decode(5), record: try Record(row: row, from: 6, lanes: 1),
                attempts: attempts[id] ?? [])
        }
    }

    /// Has them tried at once; dead letters with all their tries anew. Workers find out within a second or two.
    /// - Returns: how many there were.
    /// - Throws: ``LogError``; `PostgresError`.
    public func retry(_ ids: [Int64], on connection: Connection) async throws -> Int {
        try await change("retry_deliveries", ids, on: connection)
    }

    /// Gives them up: they will never be received. Those of their rows that wait behind them go on.
    /// - Returns: how many there were.
    /// - Throws: ``LogError``; `PostgresError`.
    public func discard(_ ids: [Int64], on connection: Connection) async throws -> Int {
        try await change("discard_deliveries", ids, on: connection)
    }

    private func change(_ function: String, _ ids: [Int64], on connection: Connection) async throws -> Int {
        do {
            let rows = try await connection.query("SELECT \(schema.sql).\(unsafe: function)(\(ids))")
            return try rows.first?.decode(0) ?? 0
        } catch {
            throw LogError.explain(error, schema: schema, group: "heliograph_worker")
        }
    }

    private func utc(_ column: SQL) -> SQL {
        "to_char(\(column) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    }
}
