import Testing

@testable import ProtocolModel

@Suite("The protocol of the workers")
struct ProtocolTests {
    @Test(
        "Whatever happens in whatever order: nothing lost, doubled, out of order, stuck or told too early",
        arguments: 0..<Seeds.parts)
    func anyInterleaving(part: Int) {
        for seed in Seeds.part(part) { expectNoFault(seed) }
    }

    /// Once more with its trace where something is found.
    private func expectNoFault(
        _ seed: UInt64, scenarioFor flaw: Flaw? = nil, change: (inout Scenario) -> Void = { _ in }
    ) {
        var simulation = Simulation(seed: seed, scenarioFor: flaw, change: change)
        guard simulation.run().fault != nil else { return }
        var again = Simulation(seed: seed, scenarioFor: flaw, isTraced: true, change: change)
        Issue.record("\(simulation.world.scenario)\n\(Seeds.story(again.run()))")
    }

    @Test("Locks are for efficiency only: workers that all work on the same lanes are right, and refuse each other")
    func noLocks() {
        var tally = Tally()
        for seed in UInt64(0)..<300 {
            let change = { (scenario: inout Scenario) in
                scenario.locking = .none
                scenario.lanes = min(2, scenario.lanes)
                scenario.workers = 3
            }
            expectNoFault(seed, change: change)
            var simulation = Simulation(seed: seed, change: change)
            tally.add(simulation.run().tally)
        }
        #expect(tally.refusals > 1_000, "they do not get in each other's way: \(tally.refusals)")
        #expect(tally.waits > 100, "none waits for another's commit: \(tally.waits)")
    }

    @Test("What provokes a flaw does no harm to the protocol that has none", arguments: Flaw.allCases)
    func provocations(flaw: Flaw) {
        for seed in UInt64(0)..<20 { expectNoFault(seed, scenarioFor: flaw) }
    }

    @Test("The simulation comes to what it is for")
    func reach() {
        var tally = Tally()
        for seed in UInt64(0)..<200 {
            var simulation = Simulation(seed: seed)
            tally.add(simulation.run().tally)
        }
        for (name, count) in tally.counts { #expect(count >= 10, "\(name): \(count)") }
    }

    @Test("A seed gives one story, with its trace and without; another seed gives another")
    func replay() {
        var hashes: Set<UInt64> = []
        for seed in UInt64(0)..<50 {
            var first = Simulation(seed: seed)
            var second = Simulation(seed: seed, isTraced: true)
            let (verdict, again) = (first.run(), second.run())
            #expect(verdict.traceHash == again.traceHash && verdict.steps == again.steps, "seed \(seed)")
            #expect(verdict.trace.isEmpty && !again.trace.isEmpty)
            hashes.insert(verdict.traceHash)
        }
        #expect(hashes.count == 50)
    }
}
