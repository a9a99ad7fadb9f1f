import Heliograph
import HeliographTesting

/// What capture costs writers, and how fast the log is read and heard of, beside a bare table, PGQ's trigger and triggers that
/// NOTIFY.
struct CaptureArea {
    let cluster: LocalCluster
    let isQuick: Bool
    /// The one measure that is wanted; `nil` for all.
    let only: String?
    let report: Report

    static let measures = ["writers", "statements", "latency", "reading", "idle"]

    var rounds: Int { isQuick ? 1 : 5 }
    var target: String { cluster.connectionString() }
    var configuration: ConnectionConfiguration { ConnectionConfiguration(target) }

    func run() async throws {
        try await withConnection { try await Migrator().migrate(on: $0) }
        for measure in Self.measures where only == nil || only == measure {
            switch measure {
            case "writers": try await WritersMeasure(area: self).run()
            case "statements": try await StatementsMeasure(area: self).run()
            case "latency": try await LatencyMeasure(area: self).run()
            case "reading": try await ReadingMeasure(area: self).run()
            default: try await IdleMeasure(area: self).run()
            }
        }
    }

    @discardableResult
    func withConnection<R>(_ body: (Connection) async throws -> R) async throws -> R {
        try await Connection.with(configuration, body)
    }

    /// A table of users, made anew.
    func makeTable(_ name: String) async throws {
        try await cluster.psql(
            """
            DROP TABLE IF EXISTS \(name) CASCADE;
            CREATE TABLE \(name) (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, username text NOT NULL,
                email text NOT NULL, is_active boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now())
            """
        )
    }

    /// Runs `body` beside processes that listen, one of which is the pump.
    func withListeners(_ count: Int, _ body: () async throws -> Void) async throws {
        guard count > 0 else {
            try await body()
            return
        }
        let own = try programPath("heliograph-bench")
        try await withProgram(own, ["--listen", target], environment: [:]) { program in
            try await program.line(containing: "listening")
            try await withListeners(count - 1, body)
        }
    }
}
