/// A text that is not JSON.
public struct JSONSyntaxError: Error, Sendable, CustomStringConvertible {
    /// Where, in bytes from 0.
    public let offset: Int
    /// What was expected there.
    public let reason: String

    public var description: String { "not JSON at byte \(offset): \(reason)" }
}
