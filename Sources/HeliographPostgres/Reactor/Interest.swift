/// What a waiting connection wants to hear about its socket.
enum Interest: Sendable {
    /// The server has sent something, or hung up.
    case readable
    /// Either direction: while libpq still has bytes to send, it must also be able to read, or both sides block.
    case readableOrWritable
}
