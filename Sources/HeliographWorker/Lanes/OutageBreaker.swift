import HeliographPostgres

/// Tells an outage from poison: without input or output.
///
/// When so many different keys have failed in a row that it can hardly be their own fault, nothing is parked any more: one record
/// is tried now and then, until one succeeds.
struct OutageBreaker {
    enum Verdict: Equatable {
        /// The record is to blame, as far as one can tell.
        case park
        /// Everything fails: leave it where it is, and wait.
        case wait
    }

    /// So many different keys in a row.
    static let threshold = 5
    /// A record that has been the one to be tried so often is parked all the same: it must not hold up the others for ever. It keeps
    /// all its tries but one, so an outage makes no dead letter.
    static let probes = 5

    private(set) var isOpen = false
    /// What somebody said who failed.
    var lastError = ""
    /// When to try one record again.
    private(set) var nextProbe: ContinuousClock.Instant?
    private var failedKeys: Set<Int32> = []
    private var failures = 0
    /// How often a record was the one to be tried.
    private var probes: [Int64: Int] = [:]

    /// There was nothing to try when it was time: no need to come back before there is.
    mutating func foundNothing() { nextProbe = nil }

    mutating func succeeded() {
        guard isOpen || !failedKeys.isEmpty else { return }
        self = OutageBreaker()
    }

    /// Somebody has asked to be left alone until then.
    mutating func wait(until instant: ContinuousClock.Instant) {
        isOpen = true
        nextProbe = instant
    }

    /// - Parameter record: its number.
    mutating func failed(
        key: Int32, record: Int64, at now: ContinuousClock.Instant, backoff: Backoff
    ) -> Verdict {
        failedKeys.insert(key)
        isOpen = isOpen || failedKeys.count >= Self.threshold
        guard isOpen else { return .park }
        failures += 1
        nextProbe = now + backoff.delay(afterAttempt: failures)
        probes[record, default: 0] += 1
        guard let count = probes[record], count > Self.probes else { return .wait }
        probes[record] = nil
        return .park
    }
}
