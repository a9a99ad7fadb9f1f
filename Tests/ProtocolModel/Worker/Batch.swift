/// What a worker does at the moment: items, done in as many transactions as it takes.
struct Batch {
    enum Purpose {
        case window
        case retry
        /// Places in memory are written, nothing else.
        case flush
    }

    let purpose: Purpose
    let lanes: [Int]
    let generation: Int
    /// The place before the items.
    var place: Place
    var items: [Item]
    /// Whether the window is done with them.
    var isComplete = false
    /// The row that a backfill has come to behind the items; `nil` if they hold no chunk.
    var frontier: Int?
    /// The next transaction does so many items.
    var limit: Int
    /// The item behind the next transaction is to be tried alone.
    var isolatesNext = false
    /// Receivers do not share a pipeline.
    var isExclusive = false
    /// Of the transaction under way: so many statements of each item are done.
    var progress: [Int] = []
    /// When it was sent to the database.
    var time = 0

    /// The place when so many items are done.
    func place(after count: Int) -> Place {
        guard purpose == .window else { return place }
        var next = place
        let last = count > 0 ? items[count - 1] : nil
        if let last, last.isBackfill {
            next.frontier = last.key
        }
        if count == items.count, isComplete {
            next.frontier = frontier ?? place.frontier
        } else if let last, !last.isBackfill {
            next.lastID = last.id
            return next
        }
        guard let hi = place.hi else { return next }
        return Place(lo: hi, hi: nil, lastID: 0, frontier: next.frontier)
    }

    /// The lanes that so many items belong to, in order.
    func lanes(of count: Int) -> [Int] {
        if purpose == .flush { return lanes }
        if place(after: count).frontier != place.frontier { return lanes }
        var written: [Int] = []
        for lane in lanes {
            for item in items.prefix(count) where item.lane == lane {
                written.append(lane)
                break
            }
        }
        return written
    }
}
