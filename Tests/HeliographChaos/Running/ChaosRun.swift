import Heliograph
import HeliographProgram
import HeliographTesting
import Synchronization

/// All wanted scenarios, and the check of the checker.
struct ChaosRun: Sendable {
    let options: RunOptions

    /// In the short form so many run at a time: they mostly wait.
    private static let width = 5

    /// - Returns: whether all went well.
    func run(checksChecker: Bool) async throws -> Bool {
        Terminal.say(options.isJSON ? "{\"seed\":\(options.seed)}" : "seed \(options.seed)")
        let cluster = try await Arena.startCluster()
        do {
            try await Arena.make(on: cluster, database: Arena.template)
            let isGood = try await run(on: cluster, checksChecker: checksChecker)
            try await cluster.stop()
            return isGood
        } catch {
            try? await cluster.stop()
            throw error
        }
    }

    private func run(on cluster: LocalCluster, checksChecker: Bool) async throws -> Bool {
        if !checksChecker, !options.isJSON { Terminal.say(ResultLine.header) }
        let trials = FlawTrial.all(options).filter { options.wants($0.name) }
        let runs = scenarios.filter { options.wants($0.name) }.map { ScenarioRun(scenario: $0, options: options) }
        var all: [@Sendable () async throws -> Bool] = []
        if !checksChecker { all += runs.map { run in { try await run.run(on: cluster) } } }
        if checksChecker || options.isQuick { all += trials.map { trial in { try await trial.run(on: cluster) } } }
        return try await inTurn(all)
    }

    /// In the short form those first that wait for long.
    private var scenarios: [Scenario] {
        guard options.isQuick else { return Scenario.all }
        let slow = ["freeze", "network", "mix", "restart", "retention"]
        return Scenario.all.filter { slow.contains($0.name) } + Scenario.all.filter { !slow.contains($0.name) }
    }

    private func inTurn(_ items: [@Sendable () async throws -> Bool]) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            var isGood = true
            for (number, item) in items.enumerated() {
                if number >= (options.isQuick ? Self.width : 1), let next = try await group.next() {
                    isGood = next && isGood
                }
                group.addTask { try await item() }
            }
            for try await next in group { isGood = next && isGood }
            return isGood
        }
    }
}
