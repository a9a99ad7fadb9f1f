import HeliographLog

/// How far a lane has got: all windows up to `lo` are done; of the window (`lo`, `hi`], if one is open, the records up to `lastID`.
struct LanePlace: Sendable, Equatable {
    var lo: Cursor
    var hi: Cursor?
    var lastID: Int64
    /// Of a lane that is being backfilled: see ``Frontier``.
    var frontier: Frontier?

    /// The place after the window that ends here.
    func past(_ end: Cursor) -> LanePlace { LanePlace(lo: end, hi: nil, lastID: 0, frontier: frontier) }
}
