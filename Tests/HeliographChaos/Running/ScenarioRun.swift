import Heliograph
import HeliographProgram
import HeliographTesting

/// One scenario from its database to its line.
struct ScenarioRun: Sendable {
    let scenario: Scenario
    let options: RunOptions

    /// So long the work may take to end, once nobody writes or disturbs any more.
    private static let patience = Duration.seconds(120)

    /// - Returns: whether it went well.
    func run(on shared: LocalCluster) async throws -> Bool {
        guard scenario.needs.isPrivate else { return try await runInArena(on: shared, template: Arena.template) }
        let cluster = try await Arena.startCluster(scenario.needs)
        do {
            let isGood = try await runInArena(on: cluster, template: nil)
            try await cluster.stop()
            return isGood
        } catch {
            try? await cluster.stop()
            throw error
        }
    }

    private func runInArena(on cluster: LocalCluster, template: String?) async throws -> Bool {
        let start = ContinuousClock.now
        let arena = try await Arena.make(on: cluster, database: "chaos_\(scenario.name)", template: template)
        // In the short form it is a matter of luck.
        let evidence = options.isQuick ? [] : scenario.evidence
        let stage = Stage(name: scenario.name, arena: arena, options: options, evidence: evidence)
        defer { stage.proxy?.end() }
        try await scenario.workers(stage)
        do {
            try await stage.fleet.run { try await disturb(stage) }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try Task.checkCancellation()
            stage.complain("\(error)")
        }
        for text in stage.fleet.missing { stage.complain("no worker has said \"\(text)\": nothing was shown") }
        let findings = try await arena.withConnection { connection in
            try await Checker(connection: connection, receivers: stage.fleet.receivers).look()
        }
        let line = ResultLine(
            name: scenario.name, findings: findings, recoveries: stage.measured.sorted(),
            goal: options.isQuick ? nil : scenario.goal, complaints: stage.complained, took: .now - start)
        Terminal.say(options.isJSON ? line.json : line.text)
        if !line.isGood { explain(stage, findings) }
        return line.isGood
    }

    private func disturb(_ stage: Stage) async throws {
        try await stage.arena.withConnection { connection in
            try await connection.query(
                "INSERT INTO account (id) SELECT generate_series(\(Int64(-Schema.probes)), -1)")
        }
        try await stage.served()
        let isOver = Switch()
        let writers = Writers(arena: stage.arena, seed: stage.seed(), pace: scenario.pace)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await writers.run(until: isOver) }
            do {
                try await scenario.disturb(stage)
            } catch {
                isOver.set()
                throw error
            }
            isOver.set()
            try await group.waitForAll()
        }
        try await settle(stage)
    }

    private func settle(_ stage: Stage) async throws {
        let receivers = stage.fleet.receivers
        try await stage.arena.withConnection { connection in
            let checker = Checker(connection: connection, receivers: receivers)
            try await eventually("the effects of all changes", within: Self.patience, every: .milliseconds(50)) {
                try await checker.isComplete()
            }
        }
    }

    private func explain(_ stage: Stage, _ findings: Findings) {
        for complaint in stage.complained { Terminal.complain("\(scenario.name): \(complaint)") }
        for example in findings.examples { Terminal.complain("\(scenario.name): \(example)") }
        let again =
            "scripts/chaos.sh \(options.isQuick ? "--quick " : "")--only \(scenario.name) --seed \(options.seed)"
        Terminal.complain("\(scenario.name): once more with `\(again)`; the workers' last lines:")
        for line in stage.fleet.lastLines.suffix(40) { Terminal.complain(line) }
    }
}
