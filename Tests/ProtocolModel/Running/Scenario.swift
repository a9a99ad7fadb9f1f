/// What a simulation is about: how many of everybody, and what may go wrong.
struct Scenario {
    enum Locking: Int {
        /// Lanes are locked by the session that does the effects.
        case session
        /// The lock may be lost while the effects' session lives on.
        case elsewhere
        /// Nobody locks anything: everybody may work on each lane.
        case none
    }

    enum Start: Int {
        case now
        case beginning
        case backfill
    }

    var workers = 2
    var lanes = 2
    var keys = 5
    var writers = 3
    /// So many records at most are read at once.
    var batchLimit = 4
    var isExternal = false
    var start = Start.beginning
    var locking = Locking.session
    /// A dead letter does not hold up its key.
    var releasesDeadLetters = false
    var losesCommits = false
    /// The server crashes again and again.
    var isFragile = false
    var hasPoison = false
    var swallowsErrors = false
    var usesSavepoints = false
    var sharesPipelines = false
    var echoes = false
    var rewinds = false
    var hasPerson = false
    /// Or else what is changed moves the lane on from wherever it is.
    var personKnowsVersions = false
    var purges = false
    var stallsBackends = false
    /// A transaction somewhere stays open for ever.
    var hasEndlessTransaction = false
    /// Somebody may be much faster than others for a while.
    var hasBursts = false
    var steps = 300

    // Durations are in units of the virtual clock.

    /// So long the server waits for a silent client.
    static let silenceLimit = 120
    /// So long at most a server process stands still within a statement.
    static let stallLimit = 250
    /// Superseded positions are kept for so long: longer than two statements stand still.
    static let purgeAge = 600
    static let maxAttempts = 2
    /// Between the first and the second attempt.
    static let retryDelay = 10
    static let chunkSize = 2
}
