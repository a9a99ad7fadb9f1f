import Foundation
import HeliographTesting

/// Signals in the process, and the models' saves and reads, beside Django's.
struct SignalsArea {
    let isQuick: Bool
    /// The one measure that is wanted; `nil` for all.
    let only: String?
    let report: Report

    static let measures = ["dispatch", "save", "decoding"]

    var rounds: Int { isQuick ? 1 : 9 }
    var saveRounds: Int { isQuick ? 1 : 5 }

    func run() async throws {
        if wants("dispatch") {
            let peer = try PythonPeer.find(target: "")
            if peer == nil, !isQuick { throw PeerMissing(name: "Django") }
            defer { peer?.end() }
            try await DispatchMeasure(area: self, peer: peer).run()
        }
        guard wants("save") || wants("decoding") else { return }
        let cluster = try await LocalCluster.start(
            settings: ["max_wal_size": "4GB", "shared_buffers": "256MB"], durable: !isQuick)
        do {
            if wants("save") {
                let peer = try PythonPeer.find(target: cluster.connectionString(), program: "save.py")
                if peer == nil, !isQuick { throw PeerMissing(name: "Django") }
                defer { peer?.end() }
                try await SaveMeasure(area: self, cluster: cluster, peer: peer).run()
            }
            if wants("decoding") { try await DecodingMeasure(area: self, cluster: cluster).run() }
            try await cluster.stop()
        } catch {
            try? await cluster.stop()
            throw error
        }
    }

    private func wants(_ measure: String) -> Bool { only == nil || only == measure }
}
