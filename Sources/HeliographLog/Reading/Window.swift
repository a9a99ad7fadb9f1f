/// What a reader found between two snapshots.
public struct Window: Sendable {
    /// The end of the window. Read on from here once the window is complete.
    public let hi: Snapshot
    /// The records, by id.
    public let records: [Record]
    /// Whether these are all; if not, read the same window after the last record's id.
    public let isComplete: Bool
    /// Which life of the server this was: after a crash or failover transactions may count anew, and snapshots in memory mean
    /// nothing any more.
    public let server: String
    /// The newest number given to a record, committed or not; tells whether the log moves.
    public let newestID: Int64

    package init(hi: Snapshot, records: [Record], isComplete: Bool, server: String, newestID: Int64) {
        self.hi = hi
        self.records = records
        self.isComplete = isComplete
        self.server = server
        self.newestID = newestID
    }
}
