/// One thing for a receiver: a record of the log, or a backfilled row.
struct Item: Equatable {
    enum Action: UInt8 {
        /// Its receiver runs.
        case act
        /// Nothing: a chunk will come to its row.
        case skip
        /// It waits behind a parked record of its key.
        case queue
        /// It has failed, and is parked.
        case park
        /// It was parked, and its receiver runs again.
        case retry
        /// It was parked, and has failed again.
        case noteFailure
    }

    let key: Int
    let version: Int
    let lane: Int
    /// A backfilled row has none, and comes before all records of its key.
    let id: Int
    let xid: Int
    let incarnation: Int
    let isEcho: Bool
    /// For a backfilled row the snapshot that it was read in.
    let readIn: Int?
    var action = Action.act

    var isBackfill: Bool { readIn != nil }
}
