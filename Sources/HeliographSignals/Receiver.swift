/// A connected closure: who it is, whom it listens to and what it does.
struct Receiver<Payload>: Sendable {
    /// What it does. One that does not wait is called without the ceremony of one that may.
    enum Body: Sendable {
        case immediate(@Sendable (inout Payload) throws -> Void)
        case waiting(@Sendable (inout Payload) async throws -> Void)
        case answering(@Sendable (inout Payload) async throws -> any Sendable)
    }

    let id: ReceiverID
    /// `nil` hears every sender.
    let sender: SignalSender?
    let order: Int
    let body: Body

    /// Whether this receiver hears a signal sent from `sender`.
    ///
    /// A signal without a sender reaches only the receivers that did not ask for one.
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
