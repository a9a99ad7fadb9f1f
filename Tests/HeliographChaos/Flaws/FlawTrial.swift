import Heliograph
import HeliographProgram
import HeliographTesting

/// A worker made by hand, with a flaw or without, where the flaw shows.
struct FlawTrial: Sendable {
    /// `nil` for the sound one, in which nothing may be found.
    let flaw: Flaw?
    let options: RunOptions

    static let soundName = "sound"

    static func all(_ options: RunOptions) -> [FlawTrial] {
        ([nil] + Flaw.allCases.map(Optional.some)).map { FlawTrial(flaw: $0, options: options) }
    }

    /// A flaw shows when several things meet: if not the first time, then soon.
    private static let rounds = 8
    /// A worker made by hand is slow.
    private static let patience = Duration.seconds(120)
    /// If there is nothing new for so long, nothing comes any more.
    private static let silence = Duration.milliseconds(1_500)

    var name: String { flaw?.rawValue ?? Self.soundName }

    /// - Returns: whether the flaw was found; of the sound worker, whether nothing was.
    func run(on cluster: LocalCluster) async throws -> Bool {
        let database = "flaw_" + name.replacing("-", with: "_")
        let arena = try await Arena.make(on: cluster, database: database, template: Arena.template)
        let stage = Stage(name: name, arena: arena, options: options)
        for number in 1...(needsTwo ? 2 : 1) {
            let plan = stage.plan(number) { plan in
                plan.kinds = [.hand]
                plan.throwing = failsAtRandom ? 500 : 0
                plan.slowness = isKilled ? 2 : 0
            }
            stage.fleet.add(plan, flaw: flaw, byHand: true)
        }
        var findings = Findings()
        var isSettled = true
        do {
            try await stage.fleet.run {
                for _ in 0..<Self.rounds {
                    try await disturb(stage)
                    findings = try await settled(stage)
                    if let flaw, findings[flaw.consequence] == 0 { continue }
                    return
                }
            }
        } catch let error as NotInTime {
            Terminal.complain("\(name): \(error)")
            isSettled = false
        }
        let isGood = isSettled && (flaw.map { findings[$0.consequence] > 0 } ?? findings.isGood)
        say(findings, isGood)
        if !isGood { for line in stage.fleet.lastLines.suffix(20) { Terminal.complain(line) } }
        return isGood
    }

    private var needsTwo: Bool { flaw == nil || flaw == .noLockNoVersion }
    private var failsAtRandom: Bool { flaw == nil || flaw == .swallowErrors || flaw == .unorderedRetry }
    private var isKilled: Bool {
        switch flaw {
        case nil, .commitBeforeEffect, .effectOutsideTransaction, .memoryCursor: true
        case .idCursor, .noLockNoVersion, .swallowErrors, .unorderedRetry: false
        }
    }

    private func disturb(_ stage: Stage) async throws {
        let isOver = Switch()
        var writers = Writers(arena: stage.arena, seed: stage.seed(), pace: 30)
        writers.keys = 40
        writers.isSlowToCommit = flaw == nil || flaw == .idCursor
        let running = writers
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await running.run(until: isOver) }
            defer { isOver.set() }
            try await stage.repeatedly(for: stage.isQuick ? .seconds(1) : .seconds(5)) { _ in
                for number in 0..<stage.fleet.size { try await stage.fleet.ready(number) }
                try await stage.pause(milliseconds: 50...250)
                guard isKilled else { return }
                for number in 0..<stage.fleet.size { stage.fleet.send(.kill, to: number) }
            }
            isOver.set()
            try await group.waitForAll()
        }
    }

    /// What there is when all effects are there; with a flaw, also when nothing comes any more.
    private func settled(_ stage: Stage) async throws -> Findings {
        try await eventually("the workers", within: .seconds(60)) { stage.fleet.areReady }
        return try await stage.arena.withConnection { connection in
            let checker = Checker(connection: connection, receivers: stage.fleet.receivers)
            var progress = 0
            var since = ContinuousClock.now
            try await eventually("the effects to end", within: Self.patience, every: .milliseconds(50)) {
                if try await checker.isComplete() { return true }
                let now = try await checker.progress()
                if now != progress { (progress, since) = (now, .now) }
                return flaw != nil && ContinuousClock.now - since > Self.silence
            }
            return try await checker.look()
        }
    }

    private func say(_ findings: Findings, _ isGood: Bool) {
        let seen = Fault.allCases.map { "\($0.rawValue) \(findings[$0])" }.joined(separator: ", ")
        if options.isJSON {
            Terminal.say(
                """
                {"flaw":"\(name)","caught":\(flaw != nil && isGood),\
                "expected":"\(flaw?.consequence.rawValue ?? "nothing")",\
                "written":\(findings.written),"lost":\(findings[.lost]),"doubled":\(findings[.doubled]),\
                "out_of_order":\(findings[.outOfOrder]),"miscounted":\(findings[.miscounted]),"pass":\(isGood)}
                """)
            return
        }
        let verdict = flaw == nil ? (isGood ? "nothing found" : "FOUND SOMETHING") : (isGood ? "caught" : "NOT CAUGHT")
        Terminal.say("flaw \(name.padded(to: 26)) \(verdict.padded(to: 15)) of \(findings.written) changes: \(seen)")
    }
}
