import Bookshop
import Foundation
import Heliograph
import HeliographTesting

/// A Profile for each new User by a worker in another process, beside queues written by hand and other libraries.
struct WorkerArea {
    let cluster: LocalCluster
    let isQuick: Bool
    /// The one measure that is wanted; `nil` for all.
    let only: String?
    let report: Report

    static let measures = ["backlog", "latency"]

    var rounds: Int { isQuick ? 1 : 5 }

    func run() async throws {
        let contestants = Contestant.all(isQuick: isQuick)
        for contestant in contestants { try await prepare(contestant) }
        for measure in Self.measures where only == nil || only == measure {
            switch measure {
            case "backlog": try await BacklogMeasure(area: self, contestants: contestants).run()
            default: try await CommitToCommitMeasure(area: self, contestants: contestants).run()
            }
        }
    }

    func target(_ contestant: Contestant) -> String { cluster.connectionString(database: contestant.database) }

    @discardableResult
    func withConnection<R>(_ contestant: Contestant, _ body: (Connection) async throws -> R) async throws -> R {
        try await Connection.with(ConnectionConfiguration(target(contestant)), body)
    }

    /// A database of its own with the Bookshop's tables, captured or with the trigger of a queue.
    private func prepare(_ contestant: Contestant) async throws {
        try await cluster.createDatabase(contestant.database)
        try await withConnection(contestant) { try await BookshopSetup(schema: .standard).run(on: $0) }
        guard case .peer(let role) = contestant.kind else { return }
        // Nobody else's triggers are to be in the way.
        try await withConnection(contestant) { connection in
            for table in ["public.users", "public.books"] { _ = try await Attachments().detach(table, on: connection) }
        }
        let outcome = try await withProgram(
            Contestant.python, [Contestant.program, "setup", role, target(contestant)], environment: [:]
        ) { try await $0.ended() }
        guard outcome.status == 0 else { throw PeerMissing(name: role) }
    }
}
