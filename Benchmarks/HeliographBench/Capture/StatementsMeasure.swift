import Heliograph
import HeliographTesting

/// Statements of 1,000 rows, against a row-level trigger that writes the same record.
struct StatementsMeasure {
    let area: CaptureArea

    func run() async throws {
        for name in ["s_capture", "s_rows"] { try await area.makeTable(name) }
        try await area.withConnection { try await Attachments().attach("s_capture", on: $0) }
        let segment = try await area.cluster.psql("SELECT 'signal_log_' || heliograph.current_segment()")
        try await area.cluster.psql(
            """
            CREATE OR REPLACE FUNCTION log_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO heliograph.\(segment) (sender, operation, key, instance, lane_hash)
                SELECT 'public.s_rows', 'insert', row_to_json(k.*), row_to_json(new.*), hash_record(row('public.s_rows'::text, new.id))
                FROM (SELECT new.id) AS k;
                RETURN NULL; END $$;
            CREATE TRIGGER log AFTER INSERT ON s_rows FOR EACH ROW EXECUTE FUNCTION log_row();
            """
        )
        let size = area.isQuick ? 100 : 1_000
        var times: [String: [Double]] = [:]
        try await area.withConnection { connection in
            for round in 0...area.rounds {
                for name in ["s_capture", "s_rows"] {
                    let insert: SQL = """
                        INSERT INTO \(identifier: name) (username, email)
                        SELECT 'user' || n, 'user' || n || '@example.org' FROM generate_series(1, \(Int32(size))) AS n
                        """
                    let sample = try await Sample.take {
                        for _ in 0..<(area.isQuick ? 1 : 30) { try await connection.query(insert) }
                    }
                    if round > 0 { times[name, default: []].append(sample.seconds) }
                }
            }
        }
        let (ours, rows) = ((times["s_capture"] ?? []).median, (times["s_rows"] ?? []).median)
        area.report.add(
            "capture.statements.rate", rows / ours, "ratio to a row-level trigger", .atLeast(1.7), rounds: area.rounds)
    }
}
