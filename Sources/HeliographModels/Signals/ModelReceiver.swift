public import HeliographSignals

/// Who listens to a model, and when it runs.
public struct ModelReceiver: Sendable, Hashable {
    /// In the order in which they come.
    public enum Moment: String, Sendable, Hashable, CaseIterable {
        /// In the transaction, before an INSERT or UPDATE.
        case preSave
        /// In the transaction, after an INSERT or UPDATE.
        case postSave
        /// In the transaction, before a DELETE.
        case preDelete
        /// In the transaction, after a DELETE.
        case postDelete
        /// After the outermost COMMIT.
        case afterCommit
    }

    /// The model, as the signal log names it: `public.users`.
    public let sender: SignalSender
    /// When it runs.
    public let moment: Moment
    /// Who it is.
    public let receiver: ReceiverDescription
}
