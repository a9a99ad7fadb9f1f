/// Who listens: a receiver as it is connected, for listings.
public struct ReceiverDescription: Sendable, Hashable {
    /// By which it is connected.
    public let id: ReceiverID
    /// The only sender it hears; `nil` for all.
    public let sender: SignalSender?
    /// Smaller ones run first; those of one order as they were connected.
    public let order: Int
    /// Whether it may wait for something.
    public let isAsync: Bool
}

extension ReceiverDescription: CustomStringConvertible {
    /// The identifier, with sender and order where they are not the usual ones.
    public var description: String {
        "\(id)" + (sender.map { " from \($0)" } ?? "") + (order == 0 ? "" : " (order \(order))")
    }
}
