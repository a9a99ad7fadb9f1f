import HeliographLog
import Testing

@testable import HeliographWorker

@Suite("Whether a worker is well")
struct WorkerHealthTests {
    private static let start = ContinuousClock.now
    private static let patience = Duration.seconds(100)

    private func health(_ tell: (inout SubscriptionHealth) -> Void = { _ in }) -> SubscriptionHealth {
        var health = SubscriptionHealth(name: "s", patience: Self.patience)
        tell(&health)
        return health
    }

    /// What a probe is told so long after the start.
    private func told(_ health: SubscriptionHealth, after time: Duration = .zero) -> [String] {
        [health.liveness(at: Self.start + time), health.readiness(at: Self.start + time)].map {
            "\($0.isGood) \($0.reason ?? "-")"
        }
    }

    @Test("From its beginning to its end: ready while it has a session that works, live all the time")
    func course() {
        var health = health()
        #expect(told(health) == ["true -", "false subscription s: has not begun"])
        health.begin(at: Self.start)
        #expect(told(health) == ["true -", "false subscription s: has no session with the database yet"])
        health.work(at: Self.start)
        #expect(told(health) == ["true -", "true -"])
        health.comeRound(isOutage: false, at: Self.start)
        #expect(told(health) == ["true -", "true -"])
        health.lose(at: Self.start)
        #expect(
            told(health) == [
                "true -",
                "false subscription s: has no session that works and is making another one, the log says why",
            ])
        health.work(at: Self.start)
        #expect(told(health) == ["true -", "true -"])
        health.end()
        #expect(told(health) == ["true -", "false subscription s: has ended"])
    }

    @Test("It stands by on purpose, or waits out an outage: ready, and says so")
    func remarks() {
        let resting = health { $0.standBy(.resting, at: Self.start) }
        #expect(told(resting) == ["true -", "true subscription s: stands by, it is paused or has lapsed"])
        let superseded = health { $0.standBy(.superseded, at: Self.start) }
        #expect(told(superseded) == ["true -", "true subscription s: stands by, a newer revision is in force"])
        var failing = health {
            $0.work(at: Self.start)
            $0.comeRound(isOutage: true, at: Self.start)
        }
        #expect(
            told(failing) == ["true -", "true subscription s: waits out an outage, one record is tried now and then"])
        failing.comeRound(isOutage: false, at: Self.start)
        #expect(told(failing) == ["true -", "true -"])
        // The next session knows nothing of it.
        failing.comeRound(isOutage: true, at: Self.start)
        failing.work(at: Self.start)
        #expect(told(failing) == ["true -", "true -"])
    }

    @Test("Without a sign of progress for too long it hangs, whatever it was doing; each sign counts")
    func hung() {
        let late = Self.patience + .seconds(1)
        let hangs = "false subscription s: hangs, its loop has not come round for 101 s"
        let doings: [(inout SubscriptionHealth, ContinuousClock.Instant) -> Void] = [
            { $0.begin(at: $1) }, { $0.work(at: $1) }, { $0.comeRound(isOutage: false, at: $1) },
            { $0.comeRound(isOutage: true, at: $1) }, { $0.step(at: $1) }, { $0.lose(at: $1) },
            { $0.standBy(.resting, at: $1) }, { $0.standBy(.superseded, at: $1) },
        ]
        for (index, tell) in doings.enumerated() {
            var health = health { tell(&$0, Self.start) }
            #expect(told(health, after: Self.patience).first == "true -", "\(index)")
            #expect(told(health, after: late) == [hangs, hangs], "\(index)")
            tell(&health, Self.start + .seconds(50))
            #expect(told(health, after: late).first == "true -", "\(index)")
            health.end()
            #expect(told(health, after: late).first == "true -", "\(index)")
        }
    }

    @Test("Of a worker: each subscription counts, and what is bad comes without the remarks")
    func worker() {
        let sources = [RecordFilter.Source(sender: "public.t", operations: [.insert])]
        let subscriptions = ["a", "b", "c"].map { Subscription($0, sources: sources) { _, _ in } }
        let health = WorkerHealth(subscriptions, .init())
        #expect(health.isLive && !health.isReady)
        for pulse in health.pulses { pulse.work() }
        #expect(health.isReady && health.readiness.reasons.isEmpty && health.readiness.description == "ok")
        health.pulses[2].standBy(.resting)
        #expect(health.isReady)
        #expect(health.readiness.description == "subscription c: stands by, it is paused or has lapsed")
        health.pulses[1].lose()
        #expect(!health.isReady && health.isLive)
        #expect(health.readiness.reasons.count == 1)
        #expect(health.readiness.description.hasPrefix("subscription b: has no session that works"))
        let late = health.liveness(at: .now + WorkerConfiguration().patience(with: subscriptions[0]) + .seconds(1))
        #expect(!late.isGood && late.reasons.count == 3 && !late.description.contains("\n"))
        #expect(WorkerHealth([], .init()).isReady)
    }

    @Test("It is patient for as long as a receiver, a silent session and a batch may take, and a minute")
    func patience() {
        let sources = [RecordFilter.Source(sender: "public.t", operations: [.insert])]
        let quick = Subscription("a", sources: sources) { _, _ in }
        #expect(WorkerConfiguration().patience(with: quick) == .seconds(20 + 30 + 1 + 60))
        let slow = Subscription("a", sources: sources, timeout: .seconds(300)) { _, _ in }
        #expect(WorkerConfiguration().patience(with: slow) == .seconds(300 + 305 + 1 + 60))
    }
}
