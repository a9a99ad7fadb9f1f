/// What a ``NotificationListener`` tells.
public enum ListenerEvent: Sendable {
    /// LISTEN has been committed, at first or after a reconnect. What happened before may not have been notified: look yourself.
    case listening
    /// A notification came.
    case notification(Notification)
    /// So many notifications came faster than they were taken, and were dropped: look yourself.
    case dropped(Int)
    /// The connection is lost, or could not be made; another is on its way.
    case lost(PostgresError)
}
