extension Webhook {
    /// How a webhook is signed, how long it may take, and where it may lead.
    public struct Configuration: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
        /// What the requests are signed with: `whsec_` and the key in base64, or any text of at least 24 bytes.
        /// Several, separated by blanks, sign once each, so that a receiver can change from one to the next. Default:
        /// `nil`, which ``unsigned`` has to allow.
        public var secret: String?
        /// Whether to send without a signature, so that the receiver cannot know who sent. Default: `false`.
        public var unsigned: Bool
        /// How long an address may take to accept the connection, TLS included. More than 0, a day at most. Default: 10
        /// seconds.
        public var connectTimeout: Duration
        /// How long one delivery may take in all, from asking for the address to the answer. More than 0, a day at
        /// most. Default: 30 seconds.
        public var timeout: Duration
        /// Whether `http` is allowed: everybody on the way can read the records. Default: `false`.
        public var allowInsecure: Bool
        /// Whether addresses are allowed that are not on the public internet: of this machine, of its network, of a
        /// cloud's metadata service. Default: `false`, since whoever chooses the URL could reach them through this
        /// program.
        public var allowPrivate: Bool

        /// A configuration; see the properties.
        public init(
            secret: String? = nil, unsigned: Bool = false, connectTimeout: Duration = .seconds(10),
            timeout: Duration = .seconds(30), allowInsecure: Bool = false, allowPrivate: Bool = false
        ) {
            self.secret = secret
            self.unsigned = unsigned
            self.connectTimeout = connectTimeout
            self.timeout = timeout
            self.allowInsecure = allowInsecure
            self.allowPrivate = allowPrivate
        }

        /// Everything but the secret.
        public var description: String {
            """
            Webhook.Configuration(secret: \(secret == nil ? "none" : "hidden"), unsigned: \(unsigned), \
            connectTimeout: \(connectTimeout), timeout: \(timeout), allowInsecure: \(allowInsecure), \
            allowPrivate: \(allowPrivate))
            """
        }

        /// Everything but the secret.
        public var debugDescription: String { description }

        /// The signer, or `nil` if the requests go unsigned.
        func signer() throws(OutboundTargetError) -> WebhookSigner? {
            guard let secret else {
                guard unsigned else {
                    throw OutboundTargetError(
                        "a webhook needs a secret to sign with, whsec_… or a text of at least 24 bytes; "
                            + "or say that it goes unsigned")
                }
                return nil
            }
            guard !unsigned else {
                throw OutboundTargetError(
                    "a webhook with a secret is signed: leave out the secret, or that it goes unsigned")
            }
            return try WebhookSigner(secrets: secret)
        }

        func checkTimeouts() throws(OutboundTargetError) {
            for timeout in [connectTimeout, timeout] where timeout <= .zero || timeout > .seconds(86_400) {
                throw OutboundTargetError(
                    "a time-out of a webhook has to be more than 0 and at most a day, not \(timeout)")
            }
        }
    }
}
