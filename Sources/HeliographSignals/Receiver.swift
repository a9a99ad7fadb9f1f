/// A connected closure: who it is, whom it listens to and what it does.
@usableFromInline
struct Receiver<Payload>: Sendable {
    /// What it does. One that does not wait is called without the ceremony of one that may.
    @usableFromInline
    enum Body: Sendable {
        case immediate(@Sendable (inout Payload) throws -> Void)
        case waiting(@Sendable (inout Payload) async throws -> Void)
        case answering(@Sendable (inout Payload) async throws -> any Sendable)
    }

    @usableFromInline let id: ReceiverID
    /// `nil` hears every sender.
    @usableFromInline let sender: SignalSender?
    let order: Int
    @usableFromInline let body: Body

    /// Whether this receiver hears a signal sent from `sender`.
    ///
    /// A signal without a sender reaches only the receivers that did not ask for one.
    @usableFromInline
    func hears(_ sender: SignalSender?) -> Bool {
        self.sender == nil || self.sender == sender
    }

    /// Whether this is the receiver that was connected under exactly this identifier and sender.
    func isConnected(as id: ReceiverID, from sender: SignalSender?) -> Bool {
        self.id == id && self.sender == sender
    }

    var description: ReceiverDescription {
        let isAsync = if case .immediate = body { false } else { true }
        return ReceiverDescription(id: id, sender: sender, order: order, isAsync: isAsync)
    }
}
