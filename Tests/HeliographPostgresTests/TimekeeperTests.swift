import HeliographTesting
import Testing

@testable import HeliographPostgres

@Suite struct TimekeeperTests {
    /// Whose deadlines have passed, in the order of the strikes.
    private let struck = Locked<[String]>([])

    private func note(_ name: String) -> @Sendable () -> Void { { [struck] in struck.change { $0.append(name) } } }

    @Test("A deadline strikes once, and not before its time")
    func once() async throws {
        let timekeeper = Timekeeper()
        let instant = ContinuousClock.now + .milliseconds(20)
        let at = Locked<ContinuousClock.Instant?>(nil)
        _ = timekeeper.set(instant) { at.change { $0 = .now } }
        _ = timekeeper.set(instant, strike: note("first"))
        // The last one: those before have struck by then, if they ever do.
        _ = timekeeper.set(instant + .milliseconds(5), strike: note("second"))
        try await eventually("both strike") { struck.value.contains("second") }
        #expect(struck.value == ["first", "second"])
        let moment = try #require(at.value)
        #expect(moment >= instant)
    }

    @Test("A dropped deadline never strikes, whether or not somebody slept for it")
    func dropped() async throws {
        let timekeeper = Timekeeper()
        let now = ContinuousClock.now
        let slept = timekeeper.set(now + .milliseconds(5), strike: note("slept for"))
        let other = timekeeper.set(now + .milliseconds(10), strike: note("other"))
        _ = timekeeper.set(now + .milliseconds(15), strike: note("kept"))
        timekeeper.drop(slept)
        timekeeper.drop(other)
        timekeeper.drop(other)
        try await eventually("the one that is left strikes") { struck.value.contains("kept") }
        #expect(struck.value == ["kept"])
    }

    @Test("One that is set later and due earlier does not wait for those before it")
    func earlier() async throws {
        let timekeeper = Timekeeper()
        let late = timekeeper.set(.now + .seconds(3_600), strike: note("late"))
        _ = timekeeper.set(.now + .milliseconds(5), strike: note("early"))
        try await eventually("the early one strikes") { struck.value == ["early"] }
        // Somebody still sleeps for the first.
        _ = timekeeper.set(.now + .milliseconds(5), strike: note("again"))
        try await eventually("so does the next") { struck.value == ["early", "again"] }
        timekeeper.drop(late)
    }

    @Test("After all have struck, or were dropped, the next one is slept for anew")
    func anew() async throws {
        let timekeeper = Timekeeper()
        for round in 1...3 {
            timekeeper.drop(timekeeper.set(.now + .milliseconds(1), strike: note("dropped")))
            _ = timekeeper.set(.now, strike: note("\(round)"))
            try await eventually("round \(round) strikes") { struck.value.last == "\(round)" }
        }
        #expect(struck.value == ["1", "2", "3"])
    }

    @Test("Nobody sleeps on for one that is gone")
    func gone() async throws {
        weak var released: Timekeeper?
        do {
            let timekeeper = Timekeeper()
            released = timekeeper
            _ = timekeeper.set(.now + .seconds(3_600), strike: note("never"))
        }
        #expect(released == nil)
    }
}
