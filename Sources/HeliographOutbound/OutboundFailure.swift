/// Why a batch was not acknowledged.
///
/// The receiver may have acted on it all the same: an answer can be lost. The batch's id is how it knows the next
/// attempt.
public struct OutboundFailure: Error, Sendable, CustomStringConvertible {
    /// What happened, in one line of printable text. It may quote up to 200 bytes of what the receiver said.
    public let reason: String
    /// How long the receiver asks to be left alone, a day at most; `nil` if it does not say.
    public let retryAfter: Duration?
    /// Whether trying again cannot help, unless somebody changes something: the receiver is gone for good (410), or its
    /// address is one that is refused.
    public let isPermanent: Bool
    /// The status of the HTTP answer, if there was one.
    public let statusCode: Int?
    /// The exit status of a command that ended; of one ended by a signal, minus the signal's number.
    public let exitStatus: Int32?

    /// A failure.
    ///
    /// - Parameters:
    ///   - reason: What happened, in one line.
    ///   - retryAfter: How long the receiver asks to be left alone.
    ///   - isPermanent: Whether trying again cannot help.
    ///   - statusCode: The status of the HTTP answer.
    ///   - exitStatus: The exit status of the command; minus the signal's number if a signal ended it.
    public init(
        _ reason: String, retryAfter: Duration? = nil, isPermanent: Bool = false, statusCode: Int? = nil,
        exitStatus: Int32? = nil
    ) {
        self.reason = reason
        self.retryAfter = retryAfter
        self.isPermanent = isPermanent
        self.statusCode = statusCode
        self.exitStatus = exitStatus
    }

    public var description: String { reason }
}
