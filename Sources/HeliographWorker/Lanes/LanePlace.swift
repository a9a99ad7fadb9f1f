/// How far a lane has got: all windows up to `lo` are done; of the window (`lo`, `hi`], if one is open, the records up to `lastID`.
struct LanePlace: Sendable, Equatable {
    var lo: Cursor
    var hi: Cursor?
    var lastID: Int64
}
