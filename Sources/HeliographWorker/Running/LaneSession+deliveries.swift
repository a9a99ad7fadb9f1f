import HeliographLog
import HeliographPostgres

/// The statements about parked records. Those that write belong into the transaction that moves the lane.
extension LaneSession {
    /// Reads what is parked in lanes, which must be locked and whose positions have been read before.
    func readParked(of lanes: [Int], _ policy: RetryPolicy, into table: inout LaneTable) async throws {
        let keys = try await parkedKeys(of: lanes, policy)
        for lane in lanes { table.hold(parked: keys[lane] ?? [:], of: lane) }
    }

    /// Reads again what is parked of a key.
    func readParked(_ key: LaneTable.DueKey, _ policy: RetryPolicy, into table: inout LaneTable) async throws {
        table.set(try await parkedKeys(of: [key.lane], policy, key: key.key)[key.lane]?[key.key], for: key)
    }

    private func parkedKeys(
        of lanes: [Int], _ policy: RetryPolicy, key: Int32? = nil
    ) async throws -> [Int: [Int32: ParkedKey]] {
        let rows = try await connection.query(
            """
            SELECT lane::int4, lane_hash, head, is_dead, failures, due_in, waiting
            FROM \(schema).parked_keys(
                \(registration.id), \(lanes.map { Int16(clamping: $0) }), \(policy.onDead == .block), \(key))
            """
        )
        var parked: [Int: [Int32: ParkedKey]] = [:]
        let now = ContinuousClock.now
        for row in rows {
            let due: Double? = try row.decode(5)
            parked[try row.decode(0), default: [:]][try row.decode(1)] = ParkedKey(
                head: try row.decode(2), isDead: try row.decode(3), failures: try row.decode(4),
                dueAt: now + .seconds(due ?? 0), count: try row.decode(6))
        }
        return parked
    }

    /// The parked records of a key, from its first, with their numbers; none while it is not due by the server's clock.
    func dueDeliveries(
        _ key: LaneTable.DueKey, _ policy: RetryPolicy, limit: Int
    ) async throws -> [(delivery: Int64, failures: Int, record: Record)] {
        try await connection.query(
            """
            SELECT log.delivery, log.failures, \(Record.columns)
            FROM (
                SELECT d.*, d.id AS delivery, d.record AS number
                FROM \(schema).due_deliveries(
                    \(registration.id), \(Int16(clamping: key.lane)), \(key.key), \(policy.onDead == .block),
                    \(Int32(clamping: limit))) AS d
            ) AS due
            CROSS JOIN LATERAL (SELECT due.delivery, due.failures, due.number AS id, due.xid, due.at, due.sender,
                due.partition, due.operation, due.lane_hash, due.key, due.previous_key, due.instance, due.previous,
                due.changed, due.context, due.writer) AS log
            ORDER BY log.delivery
            """
        ).map { row in
            (try row.decode(0), try row.decode(1), try Record(row: row, from: 2, lanes: registration.laneCount))
        }
    }

    /// Parks records; the statement's only value is the array of their numbers.
    func park(_ parked: [(record: Record, parking: Parking)], _ policy: RetryPolicy) -> SQL {
        parked.first?.record.isBackfill == true ? parkRows(parked, policy) : parkRecords(parked, policy)
    }

    private func parkRecords(_ parked: [(record: Record, parking: Parking)], _ policy: RetryPolicy) -> SQL {
        """
        SELECT \(schema).park(
            \(registration.id), \(parked.map(\.record.id)), \(parked.map { $0.parking.delay?.seconds }),
            \(parked.map(\.parking.error)), \(parked.map(\.parking.isDead)), \(policy.order == .unordered))
        """
    }

    /// What the log does not hold.
    private func parkRows(_ parked: [(record: Record, parking: Parking)], _ policy: RetryPolicy) -> SQL {
        let records = parked.map(\.record)
        return """
            SELECT \(schema).park_rows(
                \(registration.id), \(records.map(\.id)), \(parked.map { $0.parking.delay?.seconds }),
                \(parked.map(\.parking.error)), \(parked.map(\.parking.isDead)), \(policy.order == .unordered),
                \(records.map(\.keyHash)), \(records.map(\.sender)), \(records.map(\.partition)), \(records.map(\.key)),
                \(records.map(\.instance)), \(records.map(\.at))::text[]::timestamptz[])
            """
    }

    func finish(_ deliveries: [Int64]) -> SQL {
        "SELECT \(schema).finish_deliveries(\(registration.id), \(deliveries))"
    }

    func fail(_ delivery: Int64, _ parking: Parking) -> SQL {
        """
        SELECT \(schema).fail_delivery(
            \(registration.id), \(delivery), \(parking.delay?.seconds ?? 0), \(parking.error), \(parking.isDead))
        """
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { self / .seconds(1) }
}
