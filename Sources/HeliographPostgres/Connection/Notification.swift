/// What NOTIFY sent.
public struct Notification: Sendable, Hashable {
    /// The channel that was named.
    public let channel: String
    /// The payload; empty if there was none.
    public let payload: String
    /// The session that sent it: ``Connection/backendProcessID`` of the notifier.
    public let backendProcessID: Int32
}
