import HeliographLog

/// Reads for lanes what comes next.
protocol LaneReader: AnyObject {
    /// - Parameters:
    ///   - hi: the end of a window that is opened; `nil` for now.
    ///   - takesAhead: whether what was read ahead is wanted.
    func read(_ group: LaneTable.Group, hi: Snapshot?, limit: Int, takesAhead: Bool) async throws -> LaneReading
    /// Begins to read what is behind a window that is not complete.
    /// - Parameters:
    ///   - spent: records that nobody needs any more; meanwhile there is time to let go of them.
    ///   - start: rings when the receivers wait for the database: until then they need the processors more.
    func readAhead(
        _ group: LaneTable.Group, _ reading: LaneReading, limit: Int, lettingGoOf spent: [Record],
        after start: BellWaiter)
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

extension LaneReading {
    /// Of a window of the log.
    init(_ window: Window, for group: LaneTable.Group) {
        let end = Cursor(snapshot: window.hi, tick: group.place.hi?.tick)
        self.init(
            records: window.records, course: Course(window, at: group.place, end: end), window: window,
            // The end of one that was begun before is long past: there may be more behind it, whose bell has rung already.
            isMore: group.place.hi != nil || group.place.frontier != nil)
    }

    /// Of what is left of a chunk.
    init(_ rest: ArraySlice<BackfillChunk.Row>, of chunk: BackfillChunk, for group: LaneTable.Group, limit: Int) {
        let rows = rest.prefix(limit)
        let held = Set(group.lanes)
        self.init(
            records: rows.map(\.record).filter { held.contains($0.lane) },
            course: Course(rows, at: group.place, end: rows.count == rest.count ? chunk.end : rows.last?.frontier),
            isMore: true)
    }
}
