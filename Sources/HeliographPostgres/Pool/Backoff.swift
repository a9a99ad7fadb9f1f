/// How long to wait before the next try: exponential, capped, jittered.
///
/// "Full jitter" (Brooker, "Exponential Backoff And Jitter", 2015) with a floor of half the delay, so that a fleet that lost its
/// server does not come back in one instant.
public struct Backoff: Sendable, Hashable {
    /// Default: 100 ms.
    public var initial: Duration
    /// Default: 5 s.
    public var maximum: Duration

    public init(initial: Duration = .milliseconds(100), maximum: Duration = .seconds(5)) {
        self.initial = initial
        self.maximum = maximum
    }

    /// The wait before a try.
    /// - Parameter attempt: how many tries have failed, from 1.
    public func delay(afterAttempt attempt: Int) -> Duration {
        let doubled = initial * (1 << min(max(attempt - 1, 0), 20))
        let delay = min(doubled, maximum)
        return delay * Double.random(in: 0.5...1)
    }
}
