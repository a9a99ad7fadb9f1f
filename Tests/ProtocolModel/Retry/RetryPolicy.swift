/// When to try again: exponential, capped, jittered. Durations are in milliseconds.
struct RetryPolicy {
    var base = 1_000
    var cap = 60_000
    /// So many of a hundred parts of a delay are left to chance.
    var jitter = 50

    /// The longest delay after so many attempts, of which there may be any number.
    func longest(afterAttempt attempts: Int) -> Int {
        var delay = base
        for _ in 1..<max(1, attempts) where delay < cap { delay *= 2 }
        return min(delay, cap)
    }

    func shortest(afterAttempt attempts: Int) -> Int { longest(afterAttempt: attempts) * (100 - jitter) / 100 }

    func delay(afterAttempt attempts: Int, _ random: inout SeededGenerator) -> Int {
        let (least, most) = (shortest(afterAttempt: attempts), longest(afterAttempt: attempts))
        return least + random.below(most - least + 1)
    }
}
