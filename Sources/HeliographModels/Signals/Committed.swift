/// A change that has been committed: what `afterCommit` receivers get.
public struct Committed<M: Model>: Sendable {
    /// What was done to the row.
    public enum Change: String, Sendable {
        /// It was inserted.
        case created
        /// It was updated.
        case updated
        /// It was deleted.
        case deleted
    }

    /// The instance, as its row was after the change; of a deleted one, before it.
    public let instance: M
    /// What was done to the row.
    public let change: Change
}
