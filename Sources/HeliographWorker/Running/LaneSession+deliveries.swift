import HeliographLog
import HeliographPostgres

/// Parked records, and the statements of the transaction that moves a lane.
extension LaneSession {
    func readParked(of lanes: [Int], into table: inout LaneTable) async throws {
        let keys = try await parkedKeys(of: lanes)
        for lane in lanes { table.hold(parked: keys[lane] ?? [:], of: lane) }
    }

    func readParked(_ key: LaneTable.DueKey, into table: inout LaneTable) async throws {
        table.set(try await parkedKeys(of: [key.lane], key: key.key)[key.lane]?[key.key], for: key)
    }

    private func parkedKeys(
        of lanes: [Int], key: Int32? = nil
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

    func dueDeliveries(
        _ key: LaneTable.DueKey, limit: Int
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

    /// What moves lanes.
    func advance(_ lanes: [Int], of table: LaneTable, to place: LanePlace) -> SQL {
        let versions = lanes.map { table.lanes[$0]?.version ?? 0 }
        let generation = lanes.first.flatMap { table.lanes[$0]?.generation } ?? 0
        return """
            SELECT \(schema).advance(
                \(registration.id), \(lanes.map { Int16(clamping: $0) }), \(versions), \(Int32(clamping: generation)),
                \(place.lo.tick), \(place.hi?.tick), \(place.lastID), \(place.frontier?.parts),
                \(place.lo.unnamed)::pg_snapshot, \(place.hi?.unnamed)::pg_snapshot
            )
            """
    }

    /// What carries a change of lanes out. Of parked records the only value is the array of their numbers.
    func statement(for change: LaneChange, of lanes: [Int]) -> SQL {
        switch change {
        case .park(let parked):
            parked.first?.record.isBackfill == true ? parkRows(parked) : parkRecords(parked)
        case .finish(let deliveries):
            "SELECT \(schema).finish_deliveries(\(registration.id), \(deliveries))"
        case .fail(let delivery, let parking):
            """
            SELECT \(schema).fail_delivery(
                \(registration.id), \(delivery), \(parking.delay?.seconds ?? 0), \(parking.error), \(parking.isDead))
            """
        case .finishAnnounced(let worker):
            "SELECT \(schema).finish_item(\(registration.id), \(lanes.map { Int16(clamping: $0) }), \(worker))"
        }
    }

    private func parkRecords(_ parked: [(record: Record, parking: Parking)]) -> SQL {
        """
        SELECT \(schema).park(
            \(registration.id), \(parked.map(\.record.id)), \(parked.map { $0.parking.delay?.seconds }),
            \(parked.map(\.parking.error)), \(parked.map(\.parking.isDead)), \(policy.order == .unordered))
        """
    }

    /// What the log does not hold.
    private func parkRows(_ parked: [(record: Record, parking: Parking)]) -> SQL {
        let records = parked.map(\.record)
        return """
            SELECT \(schema).park_rows(
                \(registration.id), \(records.map(\.id)), \(parked.map { $0.parking.delay?.seconds }),
                \(parked.map(\.parking.error)), \(parked.map(\.parking.isDead)), \(policy.order == .unordered),
                \(records.map(\.keyHash)), \(records.map(\.sender)), \(records.map(\.partition)), \(records.map(\.key)),
                \(records.map(\.instance)), \(records.map(\.at))::text[]::timestamptz[])
            """
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { self / .seconds(1) }
}
