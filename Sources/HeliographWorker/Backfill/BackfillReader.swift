import HeliographLog
import HeliographPostgres

/// Reads the rows of a subscription's tables chunk by chunk, and says which records of the log they make superfluous.
///
/// After Netflix's DBLog (Andreakis and Papapanagiotou, 2020), with snapshots in the place of watermarks.
final class BackfillReader {
    private let schema: SQL
    private let plan: BackfillPlan
    private let laneCount: Int
    /// How the keys of a table's records are read; does not change while its backfill lasts.
    private var keys: [String: Key] = [:]

    private struct Key {
        /// Quoted.
        let names: [String]
        /// With collations.
        let types: [String]
    }

    init(schema: SchemaName, sources: [RecordFilter.Source], laneCount: Int) {
        self.schema = SQL(unsafe: schema.name)
        plan = BackfillPlan(sources)
        self.laneCount = laneCount
    }

    /// Reads the next rows in a transaction of its own.
    func chunk(
        for lanes: [Int], after frontier: Frontier, from base: Snapshot, limit: Int, on connection: Connection
    ) async throws -> BackfillChunk {
        let next = plan.next(at: frontier)
        var statements: [SQL] = [
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            """
            SELECT \(schema).take_snapshot()::text,
                to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), session_user::text
            """,
        ]
        if let next, let sender = next.sender {
            let wanted = lanes.count < laneCount ? lanes.map { Int32(clamping: $0) } : nil
            statements.append(
                """
                SELECT number, partition, lane_hash, key::text, instance::text, next
                FROM \(schema).backfill_rows(\(sender), \(next.parts), \(wanted), \(Int32(clamping: laneCount)), \(Int32(clamping: limit)))
                """)
        }
        let results: [Rows]
        do {
            results = try await connection.pipeline(statements + ["COMMIT"])
        } catch {
            await connection.rollBack()
            throw Self.explain(error, sender: next?.sender ?? "")
        }
        guard let first = results[1].first else { throw PostgresError(.decoding, "take_snapshot returned no row") }
        let (snapshot, at, reader) = try first.decode(as: (String.self, String.self, String.self))
        guard let sender = next?.sender else {
            return BackfillChunk(
                lanes: Set(lanes), start: frontier, base: base, snapshot: Snapshot(snapshot), rows: [], end: nil)
        }
        let rows = try results[2].map { row in
            let keyHash: Int32 = try row.decode(2)
            return BackfillChunk.Row(
                record: Record(
                    backfilled: try row.decode(0), at: at, sender: sender, partition: try row.decode(1),
                    keyHash: keyHash,
                    lanes: laneCount, key: try row.decode(3), instance: try row.decode(4), reader: reader),
                frontier: Frontier(parts: try row.decode(5)))
        }
        // Fewer than there might be: rows that come from now on have records behind the snapshot.
        let end = rows.count < limit ? plan.after(sender) : rows.last?.frontier
        return BackfillChunk(
            lanes: Set(lanes), start: frontier, base: base, snapshot: Snapshot(snapshot), rows: rows, end: end)
    }

    /// A condition on a record of the log under the alias `log`: what it says is not, and will not be, in a chunk.
    func condition(at frontier: Frontier, on connection: Connection) async throws -> SQL {
        var untold = plan.untold(at: frontier)
        guard !untold.isEmpty else { return "true" }
        guard frontier.isInside, let sender = frontier.sender, untold.first == sender else {
            return "(log.key IS NULL OR NOT log.sender = ANY (\(untold)))"
        }
        untold.removeFirst()
        let key = try await key(of: sender, on: connection)
        let columns = key.names.indices.map { "\(key.names[$0]) \(key.types[$0])" }.joined(separator: ", ")
        let values = key.types.indices.map { "(f.f)[\($0 + 3)]::\(key.types[$0])" }.joined(separator: ", ")
        let names = key.names.map { "k.\($0)" }.joined(separator: ", ")
        return """
            (log.key IS NULL OR NOT log.sender = ANY (\([sender] + untold)) OR (log.sender = \(sender) AND (
                SELECT record_le(ROW(\(unsafe: names)), ROW(\(unsafe: values)))
                FROM json_to_record(log.key) AS k (\(unsafe: columns)), (SELECT \(frontier.parts)) AS f (f))))
            """
    }

    private static func explain(_ error: any Error, sender: String) -> any Error {
        guard let error = error as? PostgresError, let state = error.sqlState else { return error }
        let hint = error.hint.map { ": \($0)" } ?? ""
        if state == .insufficientPrivilege {
            return LogError(
                .notPermitted,
                "\(error.message): a backfill reads the table, GRANT SELECT ON \(sender) to the worker's role")
        }
        return state.errorClass == "HG" ? LogError(.badArgument, error.message + hint) : error
    }

    private func key(of sender: String, on connection: Connection) async throws -> Key {
        if let key = keys[sender] { return key }
        let rows = try await connection.query(
            "SELECT key_names, key_types FROM \(schema).backfill_source(\(sender), false)")
        guard let row = rows.first else { throw PostgresError(.decoding, "backfill_source returned no row") }
        let key = Key(names: try row.decode(0), types: try row.decode(1))
        keys[sender] = key
        return key
    }
}
