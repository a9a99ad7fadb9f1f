import Testing

@testable import ProtocolModel

@Suite("Waiting for a retry")
struct RetryTests {
    @Test("Not early, not late, not busy, not all at once, whatever the clock on the wall is set to")
    func waiting() {
        var settings = 0
        for seed in UInt64(0)..<40 {
            var simulation = RetrySimulation(seed: seed)
            simulation.run()
            #expect(simulation.fault == nil, "seed \(seed): \(simulation.fault?.rawValue ?? "")")
            settings += simulation.settings
        }
        #expect(settings > 1_000, "the clock is hardly ever set: \(settings)")
    }

    @Test("What would be wrong is noticed", arguments: RetryFlaw.allCases)
    func flaws(flaw: RetryFlaw) throws {
        let seed = try #require(
            (UInt64(0)..<20).first { seed in
                var simulation = RetrySimulation(seed: seed, flaw: flaw)
                simulation.run()
                return simulation.fault == flaw.consequence
            })
        var (one, other) = (RetrySimulation(seed: seed, flaw: flaw), RetrySimulation(seed: seed, flaw: flaw))
        one.run()
        other.run()
        #expect(one.fault == other.fault && one.looks == other.looks && one.attempts == other.attempts)
    }

    @Test("Delays grow to the cap and no further, however many attempts there were, and are spread")
    func delays() {
        let policy = RetryPolicy(base: 1_000, cap: 60_000, jitter: 50)
        var random = SeededGenerator(seed: 3)
        #expect([1, 2, 3, 6, 7].map(policy.longest) == [1_000, 2_000, 4_000, 32_000, 60_000])
        for attempts in [0, 1, 5, 64, 65, 1_000_000] {
            var drawn: Set<Int> = []
            for _ in 0..<50 {
                let delay = policy.delay(afterAttempt: attempts, &random)
                #expect(delay >= policy.shortest(afterAttempt: attempts))
                #expect(delay <= policy.longest(afterAttempt: attempts))
                drawn.insert(delay)
            }
            #expect(drawn.count > 25, "after \(attempts) attempts: \(drawn.count) different delays")
        }
    }
}
