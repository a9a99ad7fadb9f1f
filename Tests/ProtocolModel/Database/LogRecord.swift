/// A record of the signal log.
struct LogRecord {
    /// Drawn when the row is written, not when it is committed.
    let id: Int
    let xid: Int
    /// The server's life that it was written in.
    let incarnation: Int
    let key: Int
    let version: Int
    /// Whether a receiver has written it.
    let isEcho: Bool
}
