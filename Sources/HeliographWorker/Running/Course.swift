import HeliographLog

/// Where lanes stand, record by record of what was read for them.
struct Course {
    private enum Kind {
        /// `completes`: there is nothing behind its records.
        case window(completes: Bool, last: Int64?)
        /// The frontier after each row, by its number, and after the last.
        case chunk([Int64: Frontier], end: Frontier?)
    }

    /// Before the first record.
    private(set) var start: LanePlace
    private let kind: Kind

    /// Of a window of the log.
    init(_ window: Window, at place: LanePlace, end: Cursor) {
        start = place
        start.hi = end
        kind = .window(completes: window.isComplete, last: window.records.last?.id)
    }

    /// Of rows of a chunk, whose snapshot the lanes have come to.
    /// - Parameter end: the frontier after the last of them.
    init(_ rows: some Sequence<BackfillChunk.Row>, at place: LanePlace, end: Frontier?) {
        start = place
        kind = .chunk(
            Dictionary(rows.map { ($0.record.id, $0.frontier) }, uniquingKeysWith: { _, later in later }), end: end)
    }

    /// After the last record.
    var end: LanePlace {
        var place = start
        switch kind {
        case .window(true, _): return place.past(start.hi ?? start.lo)
        case .window(false, let last): place.lastID = last ?? start.lastID
        case .chunk(_, let end): place.frontier = end
        }
        return place
    }

    /// - Parameter previous: the record before it; `nil` of the first.
    func place(before record: Record, previous: Record?) -> LanePlace {
        var place = start
        switch kind {
        case .window: place.lastID = record.id - 1
        case .chunk: return previous.map(self.place(after:)) ?? start
        }
        return place
    }

    func place(after record: Record) -> LanePlace {
        var place = start
        switch kind {
        case .window: place.lastID = record.id
        case .chunk(let frontiers, _): place.frontier = frontiers[record.id] ?? start.frontier
        }
        return place
    }

    /// Takes over the ticks of one of its places.
    mutating func name(by place: LanePlace) {
        if let end = start.hi, place.hi == nil {
            start.hi = Cursor(snapshot: end.snapshot, tick: end.tick ?? place.lo.tick)
        } else {
            start = start.preferringTicks(of: place)
        }
    }
}
