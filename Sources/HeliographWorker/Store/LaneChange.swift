import HeliographLog

/// What is to change of a lane beside its place, in the same transaction.
enum LaneChange {
    /// Records are parked.
    case park([(record: Record, parking: Parking)])
    /// Parked records are done with.
    case finish([Int64])
    /// A parked record has been tried in vain.
    case fail(Int64, Parking)
    /// What was announced is done with.
    case finishAnnounced(worker: String)
}
