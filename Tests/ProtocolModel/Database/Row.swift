/// A row of the base table, which counts its own versions; a deletion is a version, too.
struct Row: Equatable {
    var version: Int
    var exists: Bool
}
