/// A snapshot as `pg_current_snapshot` gives it, and the rows that it saw.
struct Snapshot {
    let xmin: Int
    let xmax: Int
    let xip: [Int]
    /// For the checker; empty if the snapshot was made up.
    let rows: [Row]
    let incarnation: Int

    func sees(_ xid: Int) -> Bool {
        if xid >= xmax { return false }
        if xid < xmin { return true }
        for open in xip where open == xid { return false }
        return true
    }
}
