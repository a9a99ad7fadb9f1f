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

    /// Memory first, while there is little of it.
    static let measures = ["memory", "select", "concurrent", "pipeline", "rows", "notify"]

    func run() async throws {
        let peer = try Psycopg.find(target: target)
        if peer == nil, !isQuick { throw PeerMissing() }
        defer { peer?.end() }
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

    func connect() async throws -> Connection { try await Connection.connect(ConnectionConfiguration(target)) }

    /// A session of the baseline, for the time of `body`.
    func withBaseline<R>(_ body: (OpaquePointer) async throws -> R) async throws -> R {
        guard let session = baseline_open(target) else { throw BaselineError() }
        defer { baseline_close(session) }
        return try await body(session)
    }
}
