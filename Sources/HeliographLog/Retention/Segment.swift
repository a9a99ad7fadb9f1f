public import Foundation

/// A part of the log, by the time at which its records were written: a table of its own.
public struct Segment: Sendable, Hashable {
    /// Its table is `signal_log_<number>`.
    public let number: Int
    public let openedAt: Date
    /// `nil` of the one that is written to.
    public let closedAt: Date?
    /// With its indexes, in bytes.
    public let bytes: Int64
}
