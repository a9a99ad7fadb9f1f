public import HeliographSignals

/// Who listens to a model, and when it runs.
public struct ModelReceiver: Sendable, Hashable {
    /// In the order in which they come.
    public enum Moment: String, Sendable, Hashable, CaseIterable {
        /// In the transaction, before the SQL.
        case preSave, preDelete
        /// In the transaction, after the SQL.
        case postSave, postDelete
        /// After the outermost COMMIT.
        case afterCommit
    }

    /// The model, as the signal log names it: `public.users`.
    public let sender: SignalSender
    public let moment: Moment
    public let receiver: ReceiverDescription
}
