import Heliograph
import HeliographTesting

/// Commits of one row by 16 writers: the bare table, with capture, with other people's triggers.
struct WritersMeasure {
    let area: CaptureArea

    private enum Variant: String, CaseIterable {
        case bare, capture
        /// Captured, and nobody is woken.
        case silent
        /// PGQ's trigger, in C.
        case pgq
        /// A row trigger that notifies with the row.
        case notify
    }

    func run() async throws {
        let hasPGQ = try await prepare()
        let variants = Variant.allCases.filter { $0 != .pgq || hasPGQ }
        if !hasPGQ, !area.isQuick { throw PeerMissing(name: "PGQ") }
        for isSynchronous in [true, false] {
            var rates: [Variant: [Double]] = [:]
            try await area.withListeners(3) {
                for round in 0...area.rounds {
                    for variant in variants {
                        let bench = Pgbench(
                            cluster: area.cluster, target: area.target,
                            script: "INSERT INTO w_\(variant) (username, email) VALUES ('user', 'user@example.org');",
                            isSynchronous: isSynchronous)
                        let rate = try await bench.rate(seconds: area.isQuick ? 1 : 2)
                        if round > 0 { rates[variant, default: []].append(rate) }
                    }
                    // Without a record for each.
                    try await area.cluster.psql(
                        "SET session_replication_role = replica; TRUNCATE \(variants.map { "w_\($0)" }.joined(separator: ", "))"
                    )
                    if area.isQuick { break }
                }
            }
            if area.isQuick { continue }
            judge(rates.mapValues(\.median), isSynchronous: isSynchronous)
        }
        // While it is there a pump never sleeps.
        try await area.withConnection { try await Attachments().detach("w_silent", on: $0) }
    }

    private func judge(_ rates: [Variant: Double], isSynchronous: Bool) {
        let name = "capture.writers.\(isSynchronous ? "on" : "off")"
        func ratio(_ one: Variant, _ other: Variant) -> Double { (rates[one] ?? .nan) / (rates[other] ?? .nan) }
        let rounds = area.rounds
        area.report.add("\(name).bare", rates[.bare] ?? .nan, "commits/s", rounds: rounds)
        area.report.add(
            "\(name).rate", ratio(.capture, .bare), "ratio to the bare table", .atLeast(isSynchronous ? 0.62 : 0.52),
            rounds: rounds)
        area.report.add("\(name).pgq.rate", ratio(.pgq, .bare), "ratio to the bare table", rounds: rounds)
        area.report.add("\(name).pgq", ratio(.capture, .pgq), "ratio to PGQ's trigger", .atLeast(1), rounds: rounds)
        area.report.add(
            "\(name).silent", ratio(.capture, .silent), "ratio to capture without a wake-up",
            isSynchronous ? .atLeast(0.8) : .none, rounds: rounds)
        guard isSynchronous else { return }
        area.report.add(
            "\(name).notify", ratio(.capture, .notify), "ratio to a trigger that NOTIFYs", .atLeast(2.5), rounds: rounds
        )
    }

    /// - Returns: whether PGQ is there.
    private func prepare() async throws -> Bool {
        for variant in Variant.allCases { try await area.makeTable("w_\(variant)") }
        try await area.withConnection { connection in
            try await Attachments().attach("w_capture", on: connection)
            try await Attachments().attach("w_silent", AttachOptions(ringsBell: false), on: connection)
        }
        try await area.cluster.psql(
            """
            CREATE OR REPLACE FUNCTION notify_row() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_notify('heliograph', row_to_json(new)::text); RETURN NULL; END $$;
            CREATE TRIGGER notify AFTER INSERT ON w_notify FOR EACH ROW EXECUTE FUNCTION notify_row();
            """
        )
        let hasPGQ =
            try await area.cluster.psql("SELECT count(*) FROM pg_available_extensions WHERE name = 'pgq'") == "1"
        guard hasPGQ else { return false }
        try await area.cluster.psql(
            """
            CREATE EXTENSION IF NOT EXISTS pgq;
            SELECT pgq.create_queue('bench');
            CREATE TRIGGER pgq AFTER INSERT ON w_pgq FOR EACH ROW EXECUTE FUNCTION pgq.logutriga('bench');
            """
        )
        return true
    }
}
