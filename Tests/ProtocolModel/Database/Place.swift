/// How far a lane has got.
struct Place: Equatable {
    /// Everything that this snapshot sees is done.
    var lo: Int
    /// The end of the window that is being read, if one is.
    var hi: Int?
    /// The last record of that window that is done.
    var lastID = 0
    /// The last row that a backfill is done with; ``allRows`` when there is nothing (more) to backfill.
    var frontier = Place.allRows

    static let allRows = Int.max
    static let noRows = -1
}
