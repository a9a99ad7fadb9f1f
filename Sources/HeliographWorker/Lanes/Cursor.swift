import HeliographLog

/// A snapshot as a place in the log. In the database it is named by a tick; one that has never been written has none yet.
struct Cursor: Sendable, Equatable {
    let snapshot: Snapshot
    var tick: Int64?

    /// Its text, if it has no tick.
    var unnamed: String? { tick == nil ? snapshot.text : nil }

    static func == (left: Cursor, right: Cursor) -> Bool { left.snapshot == right.snapshot }
}
