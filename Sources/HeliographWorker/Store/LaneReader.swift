import HeliographLog

/// Reads for lanes what comes next.
protocol LaneReader: AnyObject {
    /// - Parameters:
    ///   - hi: the end of a window that is opened; `nil` for now.
    ///   - takesAhead: whether what was read ahead is wanted.
    func read(_ group: LaneTable.Group, hi: Snapshot?, limit: Int, takesAhead: Bool) async throws -> LaneReading
    /// Begins to read what is behind a window that is not complete.
    func readAhead(_ group: LaneTable.Group, _ reading: LaneReading, limit: Int)
    func dropAhead() async
    /// Forgets chunks that nobody is to be told any more.
    func keepChunks(for groups: [LaneTable.Group])
}

/// What comes next for lanes at one place.
struct LaneReading {
    let records: [Record]
    let course: Course
    /// Where it is from; `nil` of a chunk of a backfill.
    var window: Window?
    /// Whether there may be more, though no bell rings.
    let isMore: Bool
}
