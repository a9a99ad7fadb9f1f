import Testing

@testable import ProtocolModel

@Suite("The protocol without one of its rules")
struct FlawTests {
    /// So many seeds are enough for each flaw.
    private static let limit = UInt64(600)

    @Test("It is caught, with what it leads to; and a seed that shows it shows it again", arguments: Flaw.allCases)
    func caught(flaw: Flaw) throws {
        var caught: Verdict?
        for seed in 0..<Self.limit where caught == nil {
            var simulation = Simulation(seed: seed, flaw: flaw)
            let verdict = simulation.run()
            if verdict.fault?.kind == flaw.consequence { caught = verdict }
        }
        let verdict = try #require(caught, "not once \(flaw.consequence.rawValue) in \(Self.limit) seeds")
        var again = Simulation(seed: verdict.seed, flaw: flaw, isTraced: true)
        let second = again.run()
        #expect(second.fault == verdict.fault)
        #expect(second.traceHash == verdict.traceHash && second.steps == verdict.steps)
        // It is the flaw, and not the scenario.
        var sound = Simulation(seed: verdict.seed, scenarioFor: flaw, isTraced: true)
        let soundVerdict = sound.run()
        #expect(soundVerdict.fault == nil, "\(Seeds.story(soundVerdict))")
        #expect(soundVerdict.traceHash != verdict.traceHash)
    }
}
