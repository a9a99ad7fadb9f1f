import NIOCore

/// One POST to one address.
struct Transfer: Sendable {
    let url: WebhookURL
    /// What is connected to. Not looked up again: it is the address that was checked.
    let address: SocketAddress
    /// Lines of the request's head, without their ends.
    let headers: [String]
    let body: [UInt8]
    /// How long the address may take to accept the connection, TLS included.
    let connectTimeout: Duration
    /// Until when the answer has to be there.
    let deadline: ContinuousClock.Instant
    /// Asked once more about the address that a socket is opened to.
    let policy: AddressPolicy
    let trust: WebhookTrust
    /// Whether a connection that an earlier transfer has left open will not do.
    var wantsNewConnection = false
}
