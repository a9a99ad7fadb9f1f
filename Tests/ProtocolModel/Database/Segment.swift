/// The end of a transaction as one pipeline segment: the server executes it whatever becomes of the client meanwhile.
struct Segment {
    enum Stage {
        case deliveries
        /// The newest versions are looked at, under a snapshot of the statement.
        case evaluate
        /// Positions are inserted one by one; each may have to wait for another transaction's.
        case insert
        case commit
    }

    enum Result {
        case committed
        /// An error, and nothing has happened.
        case refused
        /// COMMIT was answered with ROLLBACK.
        case rolledBack
    }

    var deliveries: [Operation]
    let advance: Advance?
    /// Whether the answer to COMMIT waits until a crash cannot take it back.
    var isDurable = false
    var stage = Stage.deliveries
    var insertions: [(lane: Int, position: Position)] = []
    var inserted = 0
}
