/// What a signal is about: the model or table that receivers filter by.
///
/// Senders are compared by their stable wire name, never by the name of a Swift type, so that a receiver of
/// `"public.users"` hears the same sender from every program.
public struct SignalSender: Hashable, Sendable {
    /// The wire name, for example `"public.users"`.
    public let name: String

    /// Creates a sender.
    ///
    /// - Parameter name: The stable wire name of the model or table.
    public init(_ name: String) {
        self.name = name
    }
}

extension SignalSender: ExpressibleByStringLiteral {
    /// Creates a sender from a literal.
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension SignalSender: CustomStringConvertible {
    /// The sender's wire name.
    public var description: String { name }
}
