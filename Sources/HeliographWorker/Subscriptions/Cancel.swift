/// Thrown by a receiver to say: this record is not for me. It is done with, and no failure; what the receiver wrote is undone.
public struct Cancel: Error, Sendable, CustomStringConvertible {
    /// Why, for the log.
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { "cancelled: \(reason)" }
}
