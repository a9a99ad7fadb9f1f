import Heliograph

/// How far a worker made by hand has got.
struct Place: Sendable {
    /// All windows up to here are done.
    var lo: Snapshot
    /// The end of the window that is being read; `nil` when none is.
    var hi: Snapshot?
    /// The last record of it that is done; without windows, of all.
    var lastID: Int64
    var version: Int64
}
