import HeliographLog

/// Rows of a table as they were at a snapshot, for some lanes.
struct BackfillChunk: Sendable {
    /// The lanes whose rows these are. Others may stand at the same place, and theirs are not here.
    let lanes: Set<Int>
    /// Where the lanes stood when it was read: before the first row, and this far in the log.
    let start: Frontier
    let base: Snapshot
    /// What the rows were read in.
    let snapshot: Snapshot
    /// In the order of their keys.
    let rows: [Row]
    /// After the last row; `nil` when no table is left.
    let end: Frontier?

    struct Row: Sendable {
        let record: Record
        /// After this row.
        let frontier: Frontier
    }

    /// The rows that lanes at this place have not been told yet.
    /// - Returns: `nil` if it is of no use to them.
    func rest(for held: [Int], at place: LanePlace) -> ArraySlice<Row>? {
        guard lanes.isSuperset(of: held), let frontier = place.frontier, frontier != end else { return nil }
        if frontier == start, place.lo.snapshot == base || place.lo.snapshot == snapshot { return rows[...] }
        guard place.lo.snapshot == snapshot else { return nil }
        return rows.firstIndex { $0.frontier == frontier }.map { rows[($0 + 1)...] }
    }
}
