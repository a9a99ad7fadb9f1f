public import HeliographPostgres

/// Finds out how the log and its readers are.
public struct StatusReader: Sendable {
    private let schema: SchemaName

    public init(schema: SchemaName = .standard) { self.schema = schema }

    /// - Throws: ``LogError`` when the schema is missing; ``PostgresError``.
    public func read(on connection: Connection) async throws -> LogStatus {
        let migrator = Migrator(schema: schema)
        try await migrator.check(on: connection)
        let log = try await connection.query(logQuery)
        guard let row = log.first else {
            throw PostgresError(.decoding, "the server sent no row where there is always one")
        }
        let flag: Int64 = try row.decode(0)
        return LogStatus(
            schemaVersion: try await migrator.currentVersion(on: connection),
            tables: try await connection.query(tablesQuery).map { row in
                LogStatus.Table(
                    sender: try row.decode(0), operations: try row.decode(1), excludedColumns: try row.decode(2),
                    keyColumns: try row.decode(3), ringsBell: try row.decode(4)
                )
            },
            subscriptions: try await connection.query(subscriptionsQuery).map { row in
                LogStatus.Subscription(
                    name: try row.decode(0), revision: try row.decode(1), state: try row.decode(2),
                    lanes: try row.decode(3), heldLanes: try row.decode(4), workers: try row.decode(5),
                    lagRecords: try row.decode(6), lagSeconds: try row.decode(7), parkedRecords: try row.decode(8),
                    deadLetters: try row.decode(9), isWaitingOutOutage: try row.decode(10)
                )
            },
            holders: try await connection.query(holdersQuery).map { row in
                LogStatus.Holder(
                    subscription: try row.decode(0), backendProcessID: try row.decode(1),
                    applicationName: try row.decode(2), lanes: try row.decode(3)
                )
            },
            wakeMode: flag == 0 ? .bell : .pump,
            pump: try await connection.query(pumpQuery).first.map { row in
                LogStatus.Pump(backendProcessID: try row.decode(0), applicationName: try row.decode(1))
            },
            notificationQueueUsage: try row.decode(1),
            logBytes: try row.decode(2),
            newestID: try row.decode(3),
            oldestTransactionSeconds: try row.decode(4)
        )
    }

    private var logQuery: SQL {
        """
        SELECT
            coalesce(pg_sequence_last_value('\(schema.sql).bell'), 0),
            pg_notification_queue_usage(),
            (SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::int8
             FROM pg_inherits WHERE inhparent = '\(schema.sql).signal_log'::regclass),
            coalesce(pg_sequence_last_value('\(schema.sql).signal_log_id_seq'), 0),
            (SELECT extract(epoch FROM max(clock_timestamp() - activity.xact_start))::float8
             FROM pg_stat_activity AS activity
             WHERE activity.datname = current_database() AND activity.pid <> pg_backend_pid())
        """
    }

    private var pumpQuery: SQL {
        """
        SELECT held.pid, coalesce(activity.application_name, '')
        FROM pg_locks AS held LEFT JOIN pg_stat_activity AS activity ON activity.pid = held.pid
        WHERE held.locktype = 'advisory' AND held.objsubid = 2 AND held.granted
            AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (held.classid::int8, held.objid::int8)
                = (hashtext(\(schema.name))::int8 & 4294967295, hashtext('pump')::int8 & 4294967295)
        """
    }

    private var tablesQuery: SQL {
        """
        SELECT sender, operations, excluded, key_columns, bell FROM \(schema.sql).attachment ORDER BY sender
        """
    }

    /// Advisory locks in the two-int form: (a hash of schema and subscription, the lane); lane -1 is shared by all its workers, lane -2 by those
    /// for whom everything fails.
    private var locks: SQL {
        """
        SELECT sub.id, held.pid,
            CASE WHEN held.objid::int8 > 2147483647 THEN held.objid::int8 - 4294967296 ELSE held.objid::int8 END AS lane
        FROM \(schema.sql).subscription AS sub
        JOIN pg_locks AS held
            ON held.locktype = 'advisory' AND held.objsubid = 2 AND held.granted
            AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND held.classid::int8 = hashtext(\(schema.name) || '/' || sub.name)::int8 & 4294967295
        """
    }

    private var holdersQuery: SQL {
        """
        WITH held AS (\(locks))
        SELECT sub.name, held.pid, coalesce(activity.application_name, ''),
            array_agg(held.lane ORDER BY held.lane) FILTER (WHERE held.lane >= 0)
        FROM held
        JOIN \(schema.sql).subscription AS sub ON sub.id = held.id
        LEFT JOIN pg_stat_activity AS activity ON activity.pid = held.pid
        GROUP BY sub.name, held.pid, activity.application_name
        HAVING count(*) FILTER (WHERE held.lane >= 0) > 0
        ORDER BY sub.name, held.pid
        """
    }

    private var subscriptionsQuery: SQL {
        """
        WITH held AS (\(locks))
        SELECT sub.name, sub.revision, sub.state, sub.lanes::int4,
            (SELECT count(*) FROM held WHERE held.id = sub.id AND held.lane >= 0),
            (SELECT count(*) FROM held WHERE held.id = sub.id AND held.lane = -1),
            coalesce(lag.records, 0),
            coalesce(extract(epoch FROM clock_timestamp() - lag.oldest), 0)::float8,
            (SELECT count(*) FROM \(schema.sql).delivery AS d WHERE d.subscription = sub.id AND d.state = 'waiting'),
            (SELECT count(*) FROM \(schema.sql).delivery AS d WHERE d.subscription = sub.id AND d.state = 'dead'),
            EXISTS (SELECT FROM held WHERE held.id = sub.id AND held.lane = -2)
        FROM \(schema.sql).subscription AS sub
        LEFT JOIN \(schema.sql).subscription_lag() AS lag ON lag.subscription = sub.id
        ORDER BY sub.name
        """
    }
}
