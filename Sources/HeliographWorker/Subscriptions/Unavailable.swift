/// Thrown by a receiver to say: what it depends on asks to be left alone for a while, whatever the record. Nothing is parked and no try
/// is counted; the lanes wait so long, and then try one record.
public struct Unavailable: Error, Sendable, CustomStringConvertible {
    /// After how long to try again.
    public let duration: Duration
    /// Who asks, for the log.
    public let reason: String

    public init(for duration: Duration, _ reason: String) {
        self.duration = duration
        self.reason = reason
    }

    public var description: String { "\(reason): to be tried again in \(duration)" }
}
