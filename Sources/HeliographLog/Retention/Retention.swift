public import HeliographPostgres

/// Keeps the log from growing without end: divides it into segments, and drops those that nobody needs any more.
///
/// A segment is dropped when it is old enough, every subscription has read all of it, and no transaction is open that could
/// have written to it. Whatever stands in the way is told, and waited for by nobody.
public struct Retention: Sendable {
    /// When the segment that is written to is closed and another opened.
    public struct Rotation: Sendable {
        /// Default: a day.
        public var age: Duration
        /// With its indexes, in bytes. Default: 1 GiB.
        public var bytes: Int64

        public init(age: Duration = .seconds(86_400), bytes: Int64 = 1 << 30) {
            self.age = age
            self.bytes = bytes
        }
    }

    private let schema: SchemaName

    public init(schema: SchemaName = .standard) { self.schema = schema }

    /// The segments that are there, oldest first.
    public func segments(on connection: Connection) async throws -> [Segment] {
        do {
            return try await connection.query(
                """
                SELECT id, opened_at, closed_at, pg_total_relation_size(format('\(schema.sql).signal_log_%s', id)::regclass)
                FROM \(schema.sql).segment WHERE dropped_at IS NULL ORDER BY id
                """
            ).map { row in
                Segment(
                    number: try row.decode(0), openedAt: try row.decode(1), closedAt: try row.decode(2),
                    bytes: try row.decode(3))
            }
        } catch {
            throw LogError.explain(error, schema: schema)
        }
    }

    /// Closes the segment that is written to if it is due, and has the capture functions write to another.
    /// - Returns: the new segment's number; `nil` if it was not due, or nothing was ever written to it.
    /// - Throws: ``LogError`` with `notPermitted` unless the role is a member of `heliograph_worker` or the owner; ``PostgresError``.
    @discardableResult
    public func rotate(_ rotation: Rotation = .init(), on connection: Connection) async throws -> Int? {
        guard let current = try await segments(on: connection).last else { return nil }
        // By its size and not by a look into it: a worker reads the log as a whole, and may not read a segment alone.
        let isDue: SQL = """
            SELECT pg_relation_size('\(schema.sql).\(identifier: "signal_log_\(current.number)")') > 0 AND (
                \(current.bytes >= rotation.bytes) OR
                opened_at <= clock_timestamp() - \(rotation.age.seconds) * interval '1 second')
            FROM \(schema.sql).segment WHERE id = \(Int32(clamping: current.number))
            """
        guard try await connection.query(isDue).first?.decode(0) == true else { return nil }
        return try await permitted {
            try await connection.query("SELECT \(schema.sql).rotate()").first?.decode(0)
        }
    }

    /// Drops what is old enough and not needed.
    /// - Parameter age: so long ago a segment must have been closed.
    /// - Returns: what became of each closed segment, oldest first.
    /// - Throws: ``LogError`` with `notPermitted` unless the role is a member of `heliograph_worker` or the owner; ``PostgresError``.
    public func prune(olderThan age: Duration, on connection: Connection) async throws -> [PruneOutcome] {
        var outcomes: [PruneOutcome] = []
        for segment in try await segments(on: connection) where segment.closedAt != nil {
            let rows = try await permitted {
                try await connection.query(
                    """
                    SELECT dropped, reason
                    FROM \(schema.sql).drop_segment(\(Int32(clamping: segment.number)), \(age.seconds) * interval '1 second')
                    """
                )
            }
            guard let row = rows.first else { continue }
            outcomes.append(PruneOutcome(segment: segment, isDropped: try row.decode(0), reason: try row.decode(1)))
        }
        return outcomes
    }

    private func permitted<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch {
            throw LogError.explain(error, schema: schema, group: "heliograph_worker")
        }
    }
}

extension Duration {
    fileprivate var seconds: Double { self / .seconds(1) }
}
