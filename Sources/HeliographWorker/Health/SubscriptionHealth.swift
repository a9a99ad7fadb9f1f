/// How a subscription fares in this process: a state machine without input or output. Who runs it tells, probes ask.
struct SubscriptionHealth: Sendable {
    /// What is said of it to a probe.
    struct Verdict: Sendable, Hashable {
        let isGood: Bool
        /// With the subscription's name; `nil` when there is nothing to say.
        let reason: String?
    }

    /// Why it stands by.
    enum StandBy: String, Sendable {
        case superseded = "stands by, a newer revision is in force"
        case resting = "stands by, it is paused or has lapsed"
    }

    private enum Phase {
        /// Nobody runs it, yet or any more.
        case absent(String)
        /// There is no session.
        case sessionless(String)
        case working
        case standingBy(StandBy)
    }

    let name: String
    /// After so long without a sign of progress it hangs.
    let patience: Duration
    private var phase = Phase.absent("has not begun")
    private var isOutage = false
    private var lastSign: ContinuousClock.Instant?

    init(name: String, patience: Duration) {
        self.name = name
        self.patience = patience
    }

    /// Somebody begins to run it.
    mutating func begin(at now: ContinuousClock.Instant) {
        phase = .sessionless("has no session with the database yet")
        lastSign = now
    }

    /// It is registered, and has its session.
    mutating func work(at now: ContinuousClock.Instant) {
        phase = .working
        isOutage = false
        lastSign = now
    }

    /// Its loop has come round.
    mutating func comeRound(isOutage: Bool, at now: ContinuousClock.Instant) {
        self.isOutage = isOutage
        lastSign = now
    }

    /// A step within a round is done: a receiver has returned, a long reading is still under way and the session answers.
    mutating func step(at now: ContinuousClock.Instant) { lastSign = now }

    /// It is not to be worked on; somebody looks again in a while.
    mutating func standBy(_ reason: StandBy, at now: ContinuousClock.Instant) {
        phase = .standingBy(reason)
        lastSign = now
    }

    /// Its session has ended, or none came about; another one is made.
    mutating func lose(at now: ContinuousClock.Instant) {
        phase = .sessionless("has no session that works and is making another one, the log says why")
        lastSign = now
    }

    /// Nobody runs it any more.
    mutating func end() {
        phase = .absent("has ended")
        lastSign = nil
    }

    func liveness(at now: ContinuousClock.Instant) -> Verdict {
        guard let lastSign, now - lastSign > patience else { return Verdict(isGood: true, reason: nil) }
        let seconds = (now - lastSign).components.seconds
        return verdict(false, "hangs, its loop has not come round for \(seconds) s")
    }

    func readiness(at now: ContinuousClock.Instant) -> Verdict {
        let liveness = liveness(at: now)
        guard liveness.isGood else { return liveness }
        return switch phase {
        case .absent(let state), .sessionless(let state): verdict(false, state)
        case .working where isOutage: verdict(true, "waits out an outage, one record is tried now and then")
        case .working: Verdict(isGood: true, reason: nil)
        case .standingBy(let reason): verdict(true, reason.rawValue)
        }
    }

    private func verdict(_ isGood: Bool, _ state: String) -> Verdict {
        Verdict(isGood: isGood, reason: "subscription \(name): \(state)")
    }
}
