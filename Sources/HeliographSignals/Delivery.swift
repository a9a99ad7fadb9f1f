/// What became of one receiver in a ``Signal/sendRobust(_:from:)``.
public struct Delivery: Sendable {
    /// The receiver that ran.
    public let receiver: ReceiverID

    /// What the receiver returned; `nil` of one that returns nothing, or threw.
    public let value: (any Sendable)?

    /// What the receiver threw; `nil` when it returned.
    public let error: (any Error)?

    /// Creates the account of one receiver's run.
    ///
    /// - Parameters:
    ///   - receiver: The receiver that ran.
    ///   - value: What it returned, if anything.
    ///   - error: What it threw; `nil` when it returned.
    public init(receiver: ReceiverID, value: (any Sendable)? = nil, error: (any Error)? = nil) {
        self.receiver = receiver
        self.value = value
        self.error = error
    }

    /// Whether the receiver returned without an error.
    public var isSuccess: Bool { error == nil }
}

extension Delivery: CustomStringConvertible {
    /// The receiver and whether it failed; without value and error, whose texts may hold what must not be logged.
    public var description: String { "\(receiver): \(isSuccess ? "delivered" : "failed")" }
}
