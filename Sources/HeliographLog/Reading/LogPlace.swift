/// A place in the log, between two records: everything before it has been told, nothing behind it.
///
/// Its text can be kept and given back later (as the `id` of a server-sent event, for example): unlike a record's number it
/// misses nothing that commits late. It holds for one life of the server; ``LogFollower`` tells `reset` where it does not.
public struct LogPlace: Sendable, Hashable, LosslessStringConvertible {
    /// All windows up to here are done.
    var lo: Snapshot
    /// The end of the window that is being read; `nil` when none is.
    var hi: Snapshot?
    /// The last record of that window that was told.
    var lastID: Int64
    /// Which life of the server the snapshots belong to; `nil` if that is not known yet.
    var server: String?

    init(lo: Snapshot, hi: Snapshot? = nil, lastID: Int64 = 0, server: String? = nil) {
        self.lo = lo
        self.hi = hi
        self.lastID = lastID
        self.server = server
    }

    /// Reads the text of a place; `nil` if it is not one.
    public init?(_ description: String) {
        let parts = description.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let lastID = Int64(parts[3]), lastID >= 0, let lo = Snapshot(validating: parts[1])
        else {
            return nil
        }
        let hi = parts[2].isEmpty ? nil : Snapshot(validating: parts[2])
        guard hi != nil || parts[2].isEmpty else { return nil }
        self.init(lo: lo, hi: hi, lastID: lastID, server: parts[0].isEmpty ? nil : parts[0])
    }

    public var description: String { "\(server ?? "");\(lo);\(hi?.text ?? "");\(lastID)" }
}
