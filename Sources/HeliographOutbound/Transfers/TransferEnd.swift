/// What came of a transfer.
struct TransferEnd: Sendable {
    /// How far a transfer has got.
    enum Phase: Sendable {
        /// The address has not accepted the connection.
        case connecting
        /// TLS has not been agreed on.
        case securing
        /// The request is on its way, or the answer is.
        case asking
    }

    /// Why it ended, unless it was done.
    enum Cause: Sendable {
        /// A time-out.
        case late
        /// The policy about addresses refused the one that a socket was to be opened to; what kind of address it is.
        case refused(String)
        /// The answer's head was longer than is read.
        case overlong
        /// Anything else.
        case other
    }

    /// The answer as soon as its head is complete, whatever came of its body.
    let answer: WebhookAnswer?
    let phase: Phase
    let cause: Cause
    /// What libcurl or the system says about it, in one line; may be empty.
    let detail: String
    /// Whether the request could not be sent over a connection that an earlier transfer had left open.
    let wasStale: Bool
}
