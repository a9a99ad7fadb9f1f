/// The parked records of a key, as far as their lane's holder needs to know them: by the first.
struct ParkedKey: Equatable {
    /// The first delivery's number.
    var head: Int64
    /// Whether the first waits for a person.
    var isDead = false
    /// How often the first has failed.
    var failures = 0
    /// When to try it. The server's clock has the last word.
    var dueAt: ContinuousClock.Instant
    /// How many wait, the first among them.
    var count = 1
}
