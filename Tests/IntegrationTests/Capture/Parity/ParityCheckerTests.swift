import Heliograph
import Testing

/// The parity suite itself: it passes a capture that is right, however it is made, and finds each fault.
@Suite("Capture: parity, the checker")
struct ParityCheckerTests {
    /// What may be wrong with a capture function, as a change of one that is right.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let right: String
        let wrong: String

        init(_ name: String, _ right: String, _ wrong: String) {
            testDescription = name
            self.right = right
            self.wrong = wrong
        }
    }

    static let faults: [Fault] = [
        Fault("another operation", "ELSE 'update' END", "ELSE 'insert' END"),
        Fault("deletions not told", "TG_OP = 'DELETE'", "TG_OP = 'NONE'"),
        Fault("created before deleted", "gone DESC", "gone"),
        Fault("a changed column is not named", "CASE WHEN o.at IS DISTINCT FROM n.at THEN 'at' END", "NULL"),
        Fault("new values in the place of the old", "to_json(o.v)", "to_json(n.v)"),
        Fault("only one of several rows", "FROM __hg_n AS n", "FROM (SELECT * FROM __hg_n LIMIT 1) AS n"),
        Fault("rows twice", "FROM __hg_o AS o", "FROM generate_series(1, 2), __hg_o AS o"),
        Fault("the former key is missing", "CASE WHEN NOT gone THEN row_to_json(ok) END", "NULL"),
        Fault("the key is the new one", "CASE WHEN gone THEN row_to_json(ok) ELSE", "CASE WHEN false THEN NULL ELSE"),
        Fault("lanes by the text", "hash_record(ROW('public.t'::text, nk.id))", "hashtext(nk.id::text)"),
        Fault("another sender", "'public.t', 'insert'", "'public.u', 'insert'"),
        Fault("values as the session writes them", "SET TimeZone = 'UTC'", ""),
        Fault("operators by the search path", "SET search_path = pg_catalog", ""),
        Fault("only for those who may write to the log", "SECURITY DEFINER", "SECURITY INVOKER"),
        Fault("truncation under another name", "'truncate'", "'delete'"),
    ]

    private static let shape = ParityShape(
        name: "checked", columns: [.init("id", "int", "PRIMARY KEY"), .init("v", "text"), .init("at", "timestamptz")],
        key: ["id"], made: { ["id": "\($0)", "v": "'v\($0)'", "at": "'2026-01-0\($0) 00:00+00'"] },
        changed: { ["v": "'w\($0)'", "at": $0 == 2 ? "NULL" : "'2027-01-0\($0) 00:00+00'"] },
        moved: { ["id": "\($0 + 10)"] })

    /// A capture of that table as a person would write it, simple and slow.
    private static let simple = """
        CREATE OR REPLACE FUNCTION heliograph.capture_1() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog SET TimeZone = 'UTC' AS $capture$
        BEGIN
            IF TG_LEVEL <> 'STATEMENT' OR TG_WHEN <> 'AFTER' THEN
                RETURN coalesce(NEW, OLD);
            ELSIF TG_OP = 'INSERT' THEN
                INSERT INTO heliograph.signal_log_1 (sender, operation, key, instance, lane_hash)
                SELECT 'public.t', 'insert', row_to_json(nk), row_to_json(n), hash_record(ROW('public.t'::text, nk.id))
                FROM __hg_n AS n, LATERAL (SELECT n.id) AS nk;
            ELSIF TG_OP = 'UPDATE' THEN
                INSERT INTO heliograph.signal_log_1
                    (sender, operation, key, previous_key, instance, previous, changed, lane_hash)
                SELECT 'public.t', CASE WHEN gone THEN 'delete' WHEN NOT gone THEN 'insert' ELSE 'update' END,
                    CASE WHEN gone THEN row_to_json(ok) ELSE row_to_json(nk) END,
                    CASE WHEN NOT gone THEN row_to_json(ok) END,
                    CASE WHEN gone THEN row_to_json(o) ELSE row_to_json(n) END,
                    CASE WHEN gone IS NULL THEN ('{' || concat_ws(',',
                        CASE WHEN o.v IS DISTINCT FROM n.v THEN '"v":' || coalesce(to_json(o.v)::text, 'null') END,
                        CASE WHEN o.at IS DISTINCT FROM n.at THEN '"at":' || coalesce(to_json(o.at)::text, 'null') END
                        ) || '}')::json END,
                    CASE WHEN gone IS NULL THEN array_remove(ARRAY[
                        CASE WHEN o.v IS DISTINCT FROM n.v THEN 'v' END,
                        CASE WHEN o.at IS DISTINCT FROM n.at THEN 'at' END], NULL) END,
                    hash_record(ROW('public.t'::text, CASE WHEN gone THEN o.id ELSE n.id END))
                FROM (SELECT row_number() OVER () AS i, * FROM __hg_o) AS oi
                JOIN (SELECT row_number() OVER () AS i, * FROM __hg_n) AS ni ON oi.i = ni.i,
                LATERAL (SELECT oi.id, oi.v, oi.at) AS o, LATERAL (SELECT ni.id, ni.v, ni.at) AS n,
                LATERAL (SELECT oi.id) AS ok, LATERAL (SELECT ni.id) AS nk,
                unnest(CASE WHEN o.id <> n.id THEN ARRAY[true, false] ELSE ARRAY[NULL::boolean] END) AS gone
                ORDER BY oi.i, gone DESC;
            ELSIF TG_OP = 'DELETE' THEN
                INSERT INTO heliograph.signal_log_1 (sender, operation, key, instance, lane_hash)
                SELECT 'public.t', 'delete', row_to_json(ok), row_to_json(o), hash_record(ROW('public.t'::text, ok.id))
                FROM __hg_o AS o, LATERAL (SELECT o.id) AS ok;
            ELSIF TG_OP = 'TRUNCATE' THEN
                INSERT INTO heliograph.signal_log_1 (sender, operation, lane_hash)
                VALUES ('public.t', 'truncate', hash_record(ROW('public.t'::text)));
            END IF;
            RETURN NULL;
        END $capture$;
        """

    private func differences(_ function: String, _ body: ([String]) -> Void) async throws {
        try await ParityRig.with(Self.shape) { rig in
            try await rig.fixture.psql(function)
            var all: [String] = []
            // Attached again, the table gets its own function back. One difference will do.
            for path in Self.shape.paths where !path.attaches && all.isEmpty { all += try await rig.differences(path) }
            body(all)
        }
    }

    @Test("A capture that is made in another way, and right, passes", .timeLimit(.minutes(10)))
    func right() async throws {
        try await differences(Self.simple) { #expect($0 == []) }
    }

    @Test("Each fault is found", .timeLimit(.minutes(10)), arguments: faults)
    func finds(fault: Fault) async throws {
        let broken = Self.simple.replacing(fault.right, with: fault.wrong)
        #expect(broken != Self.simple)
        try await differences(broken) { #expect($0 != []) }
    }
}
