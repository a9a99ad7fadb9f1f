/// What a ``Poller`` has seen on a socket.
struct ReadyEvent: Hashable, Sendable {
    let descriptor: Int32
    /// Whether the other side has closed. Nothing will ever come after that, so it must not be forgotten when only the bytes before
    /// the end are read.
    let hasEnded: Bool
}
