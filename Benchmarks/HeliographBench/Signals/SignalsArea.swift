import Foundation

/// Signals in the process, beside Django's.
struct SignalsArea {
    let isQuick: Bool
    /// The one measure that is wanted; `nil` for all.
    let only: String?
    let report: Report

    static let measures = ["dispatch"]

    var rounds: Int { isQuick ? 1 : 9 }

    func run() async throws {
        let peer = try PythonPeer.find(target: "")
        if peer == nil, !isQuick { throw PeerMissing(name: "Django") }
        defer { peer?.end() }
        for measure in Self.measures where only == nil || only == measure {
            try await DispatchMeasure(area: self, peer: peer).run()
        }
    }
}
