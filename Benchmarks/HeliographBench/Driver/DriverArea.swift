import CBaseline
import HeliographPostgres

/// The client against plain libpq in C and psycopg, on the same work.
struct DriverArea {
    let target: String
    let isQuick: Bool
    let report: Report

    var rounds: Int { isQuick ? 1 : 7 }

    func run() async throws {
        let peer = try Psycopg.find(target: target)
        if peer == nil, !isQuick { throw PeerMissing() }
        try await SelectMeasure(area: self, peer: peer).run()
        try await ConcurrentMeasure(area: self).run()
        try await PipelineMeasure(area: self).run()
        try await RowsMeasure(area: self, peer: peer).run()
        try await NotifyMeasure(area: self).run()
        peer?.end()
    }

    func connect() async throws -> Connection { try await Connection.connect(ConnectionConfiguration(target)) }

    /// A session of the baseline, for the time of `body`.
    func withBaseline<R>(_ body: (OpaquePointer) async throws -> R) async throws -> R {
        guard let session = baseline_open(target) else { throw BaselineError() }
        defer { baseline_close(session) }
        return try await body(session)
    }
}
