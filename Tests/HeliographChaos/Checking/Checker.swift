import Heliograph

/// Compares the changes with their effects: by the tables that writers and receivers have written, never by the log.
struct Checker {
    let connection: Connection
    /// Each of which should have received each change once.
    let receivers: [String]

    /// - Throws: ``BrokenTruth`` if the changes themselves are not numbered without a gap.
    func look() async throws -> Findings {
        try await requireTruth()
        var findings = Findings()
        findings.written = try await number("SELECT count(*) FROM truth")
        findings.effects = try await number("SELECT count(*) FROM effect")
        for (fault, query) in queries {
            let rows = try await connection.query(
                "SELECT what, times FROM (\(query)) AS found (what, times) ORDER BY what")
            var count = 0
            for row in rows {
                count += try row.decode(1, as: Int.self)
                if findings.examples.count < 5 * Fault.allCases.count, count <= 5 {
                    findings.examples.append("\(fault.rawValue): \(try row.decode(0, as: String.self))")
                }
            }
            findings.counts[fault] = count
        }
        return findings
    }

    /// Whether no receiver lacks a change.
    func isComplete() async throws -> Bool {
        // First what costs little: it is asked again and again.
        let behind = try await number(
            """
            SELECT count(*) FROM unnest(\(receivers)) AS wanted (receiver)
            WHERE (SELECT count(*) FROM effect AS e WHERE e.receiver = wanted.receiver)
                < (SELECT count(*) FROM truth)
            """)
        if behind > 0 { return false }
        return try await number("SELECT count(*) FROM (\(lost)) AS lost") == 0
    }

    /// How many effects there are.
    func progress() async throws -> Int { try await number("SELECT count(*) FROM effect") }

    private var lost: SQL {
        """
        SELECT concat_ws(' ', receiver, t.key, t.version, t.operation), 1::int8
        FROM unnest(\(receivers)) AS wanted (receiver) CROSS JOIN truth AS t
        WHERE NOT EXISTS (SELECT FROM effect AS e
            WHERE e.receiver = wanted.receiver AND e.key = t.key AND e.version = t.version
                AND e.operation = t.operation)
        """
    }

    private var queries: [(Fault, SQL)] {
        [
            (.lost, lost),
            (
                .doubled,
                """
                SELECT concat_ws(' ', e.receiver, e.key, e.version, e.operation,
                        CASE WHEN t.key IS NULL THEN 'never written' END),
                    count(*) - CASE WHEN t.key IS NULL THEN 0 ELSE 1 END
                FROM effect AS e
                LEFT JOIN truth AS t ON t.key = e.key AND t.version = e.version AND t.operation = e.operation
                GROUP BY e.receiver, e.key, e.version, e.operation, t.key
                HAVING count(*) > CASE WHEN t.key IS NULL THEN 0 ELSE 1 END
                """
            ),
            (
                .outOfOrder,
                """
                SELECT concat_ws(' ', receiver, key, version, 'after', before), 1::int8 FROM (
                    SELECT receiver, key, version, lag(version) OVER (
                        PARTITION BY receiver, key ORDER BY pg_xact_commit_timestamp(xmin), number) AS before
                    FROM effect) AS ordered
                WHERE version < before
                """
            ),
            (
                .miscounted,
                """
                SELECT concat_ws(' ', receiver, wanted.key, changes, 'of', wanted.count, 'at', version),
                    greatest(1, abs(coalesce(changes, 0) - wanted.count))
                FROM (SELECT receiver, key, count(*), max(truth.version) AS last
                    FROM unnest(\(receivers)) AS r (receiver) CROSS JOIN truth GROUP BY receiver, key) AS wanted
                LEFT JOIN balance AS b USING (receiver, key)
                WHERE b.changes IS DISTINCT FROM wanted.count OR b.version IS DISTINCT FROM wanted.last
                UNION ALL
                SELECT concat_ws(' ', 'shared', id, touches, 'of', wanted), greatest(1, abs(touches - wanted))
                FROM (SELECT id, touches, \(sharers) * (
                    SELECT count(*) FROM truth WHERE abs(key) % \(Schema.sharedPairs) = id % \(Schema.sharedPairs)
                ) AS wanted FROM shared) AS s
                WHERE touches <> wanted
                """
            ),
        ]
    }

    /// How many receivers update the shared rows.
    private var sharers: Int { receivers.filter { [WorkerPlan.Kind.forth, .back].map(\.rawValue).contains($0) }.count }

    /// The truth must be that of the table, or whatever is compared with it means nothing.
    private func requireTruth() async throws {
        let broken = try await number(
            """
            SELECT (SELECT count(*) FROM (SELECT key FROM truth GROUP BY key HAVING max(version) <> count(*)) AS gap)
                + (SELECT count(*) FROM account AS a FULL JOIN (
                    SELECT DISTINCT ON (key) key, version, operation FROM truth ORDER BY key, version DESC
                ) AS t ON t.key = a.id
                    WHERE CASE WHEN a.id IS NULL THEN t.operation <> 'delete'
                        ELSE t.version IS DISTINCT FROM a.version OR t.operation = 'delete' END)
            """)
        if broken != 0 { throw BrokenTruth(count: broken) }
    }

    private func number(_ query: SQL) async throws -> Int { try await connection.query(query).first?.decode(0) ?? 0 }
}
