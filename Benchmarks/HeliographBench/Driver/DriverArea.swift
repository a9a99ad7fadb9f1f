import CBaseline
import HeliographPostgres

/// The client against plain libpq in C and psycopg, on the same work.
struct DriverArea {
    let target: String
    let isQuick: Bool
    /// The one measure that is wanted; `nil` for all.
    let only: String?
    let report: Report

    var rounds: Int { isQuick ? 1 : 7 }
    /// In the table that is read.
    var rowCount: Int { isQuick ? 1_000 : 100_000 }

    /// Memory first, while there is little of it.
    static let measures = ["memory", "select", "concurrent", "pipeline", "rows", "notify"]

    func run() async throws {
        let peer = try PythonPeer.find(target: target)
        if peer == nil, !isQuick { throw PeerMissing() }
        defer { peer?.end() }
        try await makeTable()
        for measure in Self.measures where only == nil || only == measure {
            switch measure {
            case "select": try await SelectMeasure(area: self, peer: peer).run()
            case "concurrent": try await ConcurrentMeasure(area: self).run()
            case "pipeline": try await PipelineMeasure(area: self).run()
            case "rows": try await RowsMeasure(area: self, peer: peer).run()
            case "notify": try await NotifyMeasure(area: self).run()
            default: try await MemoryMeasure(area: self).run()
            }
        }
    }

    private func makeTable() async throws {
        let connection = try await connect()
        try await connection.query("DROP TABLE IF EXISTS bench_rows")
        try await connection.query(
            """
            CREATE TABLE bench_rows AS
            SELECT n AS number, 'row number ' || lpad(n::text, 19, '0') AS text,
                '2026-01-01Z'::timestamptz + n * interval '1 second' AS time, n % 2 = 0 AS is_even
            FROM generate_series(1, \(Int64(rowCount))::int8) AS n
            """
        )
        try await connection.query("VACUUM ANALYZE bench_rows")
        await connection.close()
    }

    func connect() async throws -> Connection { try await Connection.connect(ConnectionConfiguration(target)) }

    /// A session of the baseline, for the time of `body`.
    func withBaseline<R>(_ body: (OpaquePointer) async throws -> R) async throws -> R {
        guard let session = baseline_open(target) else { throw BaselineError() }
        defer { baseline_close(session) }
        return try await body(session)
    }
}
