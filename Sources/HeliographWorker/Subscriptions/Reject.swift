/// Thrown by a receiver to say: there is no use in trying this again. The record is a dead letter at once, which waits for a person.
public struct Reject: Error, Sendable, CustomStringConvertible {
    /// Why, for that person.
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { "rejected: \(reason)" }
}
