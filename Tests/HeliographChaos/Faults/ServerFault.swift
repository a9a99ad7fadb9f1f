import Foundation
import Heliograph
import HeliographTesting

/// A way in which a server goes down. Afterwards it accepts connections again.
enum ServerFault: CaseIterable, Sendable {
    case fast, immediate, killedBackend, killedPostmaster

    func inflict(on stage: Stage) async throws {
        let cluster = stage.arena.cluster
        switch self {
        case .fast, .immediate:
            try await cluster.halt(self == .fast ? .fast : .immediate)
            // Workers that find nobody come back less and less often.
            if !stage.isQuick { try await stage.pause(milliseconds: 0...4_000) }
            try await cluster.resume()
        case .killedBackend:
            try await stage.arena.withConnection { connection in
                // It answers nobody any more: the others are ended, and the server recovers by itself.
                kill(connection.backendProcessID, SIGKILL)
                _ = try? await connection.query("SELECT 1")
            }
            try await Self.accepting(stage)
        case .killedPostmaster:
            let file = try String(contentsOfFile: "\(cluster.path)/data/postmaster.pid", encoding: .utf8)
            guard let first = file.split(separator: "\n").first, let postmaster = Int32(first), postmaster > 1 else {
                throw Mishap(cause: "with the postmaster's number")
            }
            kill(postmaster, SIGKILL)
            // Its backends notice, and as long as one is there no other postmaster starts.
            try await eventually("the server to start again", within: .seconds(60), every: .milliseconds(50)) {
                do {
                    try await cluster.resume()
                    return true
                } catch is LocalClusterError { return false }
            }
        }
    }

    private static func accepting(_ stage: Stage) async throws {
        try await eventually("the server to accept connections", within: .seconds(60), every: .milliseconds(5)) {
            (try? await stage.arena.withConnection { try await $0.query("SELECT 1") }) != nil
        }
    }
}
