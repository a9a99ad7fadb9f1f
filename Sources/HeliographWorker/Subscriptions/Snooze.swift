/// Thrown by a receiver to say: not now. The record is parked and tried again after a while; that is no failed try. What the
/// receiver wrote is undone.
public struct Snooze: Error, Sendable, CustomStringConvertible {
    /// After how long.
    public let duration: Duration

    public init(for duration: Duration) { self.duration = duration }

    public var description: String { "put off for \(duration)" }
}
