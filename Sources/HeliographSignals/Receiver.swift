/// A connected closure: who it is, whom it listens to and what it does.
struct Receiver<Payload>: Sendable {
    let id: ReceiverID
    /// `nil` hears every sender.
    let sender: SignalSender?
    let receive: @Sendable (inout Payload) async throws -> Void

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
}
