import Foundation
import HeliographTesting
import Testing

@testable import HeliographPostgres

@Suite("Deadlines")
struct TimekeeperTests {
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
        // Late enough that nobody is kept from dropping them before.
        let slept = timekeeper.set(now + .milliseconds(600), strike: note("slept for"))
        let other = timekeeper.set(now + .milliseconds(610), strike: note("other"))
        _ = timekeeper.set(now + .milliseconds(620), strike: note("kept"))
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

    @Test("However far away one is, it can be set, and dropped", arguments: [nil, "timekeeper"])
    func far(queue: String?) async throws {
        let timekeeper = Timekeeper(onQueue: queue)
        let far = timekeeper.set(after: .seconds(Int64.max), strike: note("far"))
        _ = timekeeper.set(after: .milliseconds(1), strike: note("near"))
        try await eventually("the near one strikes") { struck.value == ["near"] }
        timekeeper.drop(far)
    }

    @Test("After all have struck, or were dropped, the next one is slept for anew")
    func anew() async throws {
        let timekeeper = Timekeeper()
        for round in 1...3 {
            timekeeper.drop(timekeeper.set(.now + .seconds(3_600), strike: note("dropped")))
            _ = timekeeper.set(.now, strike: note("\(round)"))
            try await eventually("round \(round) strikes") { struck.value.last == "\(round)" }
        }
        #expect(struck.value == ["1", "2", "3"])
    }

    @Test("On a queue of its own it strikes though Swift's own threads are all busy")
    func blocked() async throws {
        let timekeeper = Timekeeper(onQueue: "timekeeper")
        let struck = DispatchSemaphore(value: 0)
        let threads = ProcessInfo.processInfo.activeProcessorCount
        let outcomes = await withTaskGroup(of: DispatchTimeoutResult.self) { group in
            for _ in 0..<threads {
                group.addTask {
                    _ = timekeeper.set(.now + .milliseconds(10)) { struck.signal() }
                    return blockingWait(struck)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == threads && outcomes.allSatisfy { $0 == .success })
    }

    @Test("Who sleeps holds nobody")
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

/// Blocks the thread, which a task must not do.
private func blockingWait(_ semaphore: DispatchSemaphore) -> DispatchTimeoutResult {
    semaphore.wait(timeout: .now() + 60)
}
