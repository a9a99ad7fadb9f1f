/// How often a simulation came to what it is for.
struct Tally: Sendable {
    var commits = 0
    var effects = 0
    /// An advance found another version than it expected, or met another's insert; or an error was overlooked.
    var refusals = 0
    /// An insert of a position waited for another transaction's.
    var waits = 0
    var lostAnswers = 0
    var sessionsTimedOut = 0
    var workerCrashes = 0
    /// A worker that was frozen for longer than the server waits went on in the middle of a batch.
    var zombies = 0
    var serverCrashes = 0
    /// Committed transactions that crashes of the server have taken back.
    var commitsTakenBack = 0
    var openWindows = 0
    var parked = 0
    var queued = 0
    var retries = 0
    var deadLetters = 0
    var retriedByPerson = 0
    var discarded = 0
    var rewinds = 0
    var chunks = 0
    var chunksDropped = 0
    var skippedByBackfill = 0
    var purged = 0
    var calls = 0
    /// Calls that the outside world knew already by their idempotency key.
    var repeatedCalls = 0
    var echoes = 0
    var savepoints = 0
    var swallowedErrors = 0
    var lateCommitters = 0

    mutating func add(_ other: Tally) {
        for field in Self.fields { self[keyPath: field.1] += other[keyPath: field.1] }
    }

    /// All counts, by name.
    var counts: [(name: String, count: Int)] { Self.fields.map { ($0.0, self[keyPath: $0.1]) } }

    private static var fields: [(String, WritableKeyPath<Tally, Int>)] {
        [
            ("commits", \.commits), ("effects", \.effects), ("refusals", \.refusals), ("waits", \.waits),
            ("lostAnswers", \.lostAnswers),
            ("sessionsTimedOut", \.sessionsTimedOut), ("workerCrashes", \.workerCrashes), ("zombies", \.zombies),
            ("serverCrashes", \.serverCrashes), ("commitsTakenBack", \.commitsTakenBack),
            ("openWindows", \.openWindows), ("parked", \.parked), ("queued", \.queued), ("retries", \.retries),
            ("deadLetters", \.deadLetters), ("retriedByPerson", \.retriedByPerson), ("discarded", \.discarded),
            ("rewinds", \.rewinds), ("chunks", \.chunks), ("chunksDropped", \.chunksDropped),
            ("skippedByBackfill", \.skippedByBackfill), ("purged", \.purged), ("calls", \.calls),
            ("repeatedCalls", \.repeatedCalls), ("echoes", \.echoes), ("savepoints", \.savepoints),
            ("swallowedErrors", \.swallowedErrors), ("lateCommitters", \.lateCommitters),
        ]
    }
}
