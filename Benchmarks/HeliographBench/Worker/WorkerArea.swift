import Bookshop
import Foundation
import Heliograph
import HeliographTesting

/// A Profile for each new User by a worker in another process, beside queues written by hand and other libraries.
struct WorkerArea {
    let cluster: LocalCluster
    let isQuick: Bool
    /// The one measure that is wanted; `nil` for all that do not take long.
    let only: String?
    let report: Report

    static let measures = ["backlog", "latency", "cpu", "subscriptions", "xmin", "long"]
    /// It takes many minutes and some GB of disk: measured only when it is named, and in the short form.
    static let measureByNameOnly = "long"

    var rounds: Int { isQuick ? 1 : 5 }

    func run() async throws {
        let wanted = Self.measures.filter { measure in
            only.map { $0 == measure } ?? (isQuick || measure != Self.measureByNameOnly)
        }
        for contestant in Set(wanted.flatMap(contestants)) { try await prepare(contestant) }
        for measure in wanted {
            if ["cpu", "subscriptions", "long"].contains(measure), !ProcessUsage.isKnown {
                FileHandle.standardError.write(Data("heliograph-bench: \(measure) needs Linux's /proc\n".utf8))
                continue
            }
            switch measure {
            case "backlog": try await BacklogMeasure(area: self, contestants: contestants(of: measure)).run()
            case "latency": try await CommitToCommitMeasure(area: self, contestants: contestants(of: measure)).run()
            case "cpu": try await CPUMeasure(area: self).run()
            case "subscriptions": try await SubscriptionsMeasure(area: self).run()
            case "xmin": try await XminMeasure(area: self).run()
            default: try await LongMeasure(area: self).run()
            }
        }
    }

    private func contestants(of measure: String) -> [Contestant] {
        switch measure {
        case "backlog", "latency": Contestant.all(isQuick: isQuick)
        case "subscriptions": [.one, .sixteen]
        case "long": [.long]
        default: [.each, .batch]
        }
    }

    func target(_ contestant: Contestant) -> String { cluster.connectionString(database: contestant.database) }

    @discardableResult
    func withConnection<R>(_ contestant: Contestant, _ body: (Connection) async throws -> R) async throws -> R {
        try await Connection.with(ConnectionConfiguration(target(contestant)), body)
    }

    /// Runs a contestant's process for the time of `body`, and has ours end in order.
    /// - Parameters:
    ///   - count: the Profiles after which a peer ends; `nil` for one that goes on.
    ///   - body: begins when it has its sessions.
    @discardableResult
    func withWorker<R: Sendable>(
        _ contestant: Contestant, until count: Int? = nil, environment: [String: String] = [:],
        _ body: (RunningProgram) async throws -> R
    ) async throws -> R {
        let (path, arguments) = try contestant.command(target(contestant), until: count)
        return try await withProgram(path, arguments, environment: environment) { running in
            try await running.line(containing: "ready")
            let result = try await body(running)
            if case .ours = contestant.kind {
                running.send(.terminate)
                try await running.ended()
            }
            return result
        }.value
    }

    /// Has one of ours make its subscriptions.
    func register(_ contestant: Contestant) async throws {
        try await withWorker(contestant) { _ in }
    }

    /// The server's first process.
    var serverProcess: Int32 {
        get throws {
            let text = try String(contentsOfFile: "\(cluster.path)/data/postmaster.pid", encoding: .utf8)
            guard let process = text.split(separator: "\n").first.flatMap({ Int32($0) }) else { throw WrongAnswer() }
            return process
        }
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
