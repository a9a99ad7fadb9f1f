/// The name by which a receiver is connected, found and disconnected.
///
/// An identifier is required for every receiver, because two closures cannot be compared: connecting a second receiver
/// with the same identifier and sender is a no-op, so code that runs twice connects once.
public struct ReceiverID: Hashable, Sendable {
    /// The identifier as text, for example `"create-profile"`.
    public let name: String

    /// Creates an identifier.
    ///
    /// - Parameter name: Any text; unique among the receivers of one signal and sender.
    public init(_ name: String) {
        self.name = name
    }
}

extension ReceiverID: ExpressibleByStringLiteral {
    /// Creates an identifier from a literal.
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension ReceiverID: CustomStringConvertible {
    /// The identifier's name.
    public var description: String { name }
}
