/// A session of the server.
struct Session {
    let serial: Int
    var isAlive = true
    /// Its client is gone, which the server has not noticed yet.
    var isOrphan = false
    var transaction: Transaction?
    var segment: Segment?
    var result: Segment.Result?
    /// When its client was last heard of.
    var lastActive: Int
    /// Its process does not run before this.
    var stalledUntil = 0
    /// Whether the server ends it when its client is silent for too long.
    let hasTimeouts: Bool
}
