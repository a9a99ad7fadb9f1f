/// Why a webhook or a command cannot be used as it was given. Nothing has been sent.
public struct OutboundTargetError: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what to do, in one line. It never holds a secret.
    public let message: String

    init(_ message: String) { self.message = message }

    public var description: String { message }
}
