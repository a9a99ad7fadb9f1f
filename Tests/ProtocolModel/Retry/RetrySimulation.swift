/// Records that fail together and are tried again: the database says what is due, the worker's monotonic clock waits.
struct RetrySimulation {
    private struct Parked {
        var attempts: Int
        var failuresLeft: Int
        /// By the database's clock.
        var due: Int
        /// By the database's clock.
        var failedAt: Int
        /// A person wants it tried now.
        var isWanted = false
    }

    private var random: SeededGenerator
    private var clocks: RetryClocks
    private let policy: RetryPolicy
    private let flaw: RetryFlaw?
    private var parked: [Parked] = []
    private(set) var fault: RetryFault?
    private(set) var attempts = 0
    private(set) var looks = 0
    private(set) var settings = 0
    private var fruitlessLooks = 0
    /// Second attempts, by a twentieth of the longest delay.
    private var moments = Array(repeating: 0, count: 64)

    /// So long a worker sleeps at most.
    private static let poll = 1_000
    private static let records = 60

    init(seed: UInt64, flaw: RetryFlaw? = nil) {
        random = SeededGenerator(seed: SeededGenerator.mix(seed &+ 77))
        clocks = RetryClocks(&random)
        policy = RetryPolicy(base: 2_000, cap: 30_000, jitter: 50)
        self.flaw = flaw
    }

    /// An outage fails all records at once; some fail once more, one of them for a long time.
    mutating func run() {
        for index in 0..<Self.records {
            let failures = index == 0 ? 90 : random.below(5)
            parked.append(
                Parked(attempts: 0, failuresLeft: failures, due: clocks.database, failedAt: clocks.database))
            fail(index)
        }
        let stop = clocks.elapsed + 3_000_000
        while fault == nil, !parked.isEmpty, clocks.elapsed < stop {
            look()
            sleep()
        }
        if !parked.isEmpty { fault = fault ?? .late }
        if (moments.max() ?? 0) * 2 > Self.records { fault = fault ?? .herd }
    }

    // MARK: The database

    /// The delay after an attempt is written with it, by the database's clock.
    private mutating func fail(_ index: Int) {
        let attempts = parked[index].attempts + 1
        var delay = policy.delay(afterAttempt: attempts, &random)
        switch flaw {
        case .noJitter: delay = policy.longest(afterAttempt: attempts)
        case .noCap: delay = policy.base << min(attempts - 1, 30)
        case .maskedShift: delay = min(policy.cap, policy.base &* (1 &<< (attempts - 1)))
        default: break
        }
        parked[index].attempts = attempts
        parked[index].failedAt = clocks.database
        parked[index].due = clocks.database + delay
        parked[index].isWanted = false
    }

    // MARK: The worker

    private mutating func look() {
        looks += 1
        let isLocal = flaw == .dueByLocalClock
        let now = isLocal ? clocks.wall : clocks.database
        var index = 0
        var tried = 0
        while index < parked.count {
            check(parked[index])
            guard parked[index].due <= now else {
                index += 1
                continue
            }
            tried += 1
            attempt(index)
            if parked[index].failuresLeft > 0 {
                parked[index].failuresLeft -= 1
                fail(index)
                index += 1
            } else {
                parked.remove(at: index)
            }
        }
        fruitlessLooks = tried == 0 ? fruitlessLooks + 1 : 0
        // A longest delay holds so many polls, and as many that something else ended early.
        if fruitlessLooks > 3 * policy.cap / Self.poll { fault = fault ?? .busy }
    }

    private mutating func attempt(_ index: Int) {
        attempts += 1
        let waited = clocks.database - parked[index].failedAt
        if !parked[index].isWanted, waited < policy.shortest(afterAttempt: parked[index].attempts) {
            fault = fault ?? .early
        }
        if parked[index].attempts == 1, !parked[index].isWanted {
            moments[min(63, waited * 20 / policy.longest(afterAttempt: 1))] += 1
        }
    }

    /// Whether a record should have been tried by now.
    private mutating func check(_ record: Parked) {
        let earliest = record.failedAt + policy.shortest(afterAttempt: record.attempts)
        if !record.isWanted, record.due < earliest { fault = fault ?? .early }
        let latest = record.failedAt + policy.longest(afterAttempt: record.attempts)
        if record.due > latest || clocks.database > record.due + 2 * Self.poll { fault = fault ?? .late }
    }

    private mutating func sleep() {
        let next = parked.map(\.due).min() ?? clocks.database
        var wait = max(1, min(next - clocks.database, Self.poll))
        if flaw == .noPoll { wait = max(1, next - clocks.database) }
        if flaw == .noWait { wait = 1 }
        let end = clocks.wall + wait
        if random.chance(10) {
            clocks.setWall(&random)
            settings += 1
        }
        // The bell may ring at any time.
        if random.chance(20) { wait = 1 + random.below(wait) }
        let slept = flaw == .waitByWallClock ? max(1, end - clocks.wall) : wait
        let waking = clocks.elapsed + slept
        // A person may want something tried at once, and nobody rings for that.
        if !parked.isEmpty, random.chance(2) {
            let index = random.below(parked.count)
            clocks.advance(to: clocks.elapsed + random.below(min(slept, Self.poll)))
            parked[index].due = min(parked[index].due, clocks.database)
            parked[index].isWanted = true
        }
        clocks.advance(to: waking)
    }
}
