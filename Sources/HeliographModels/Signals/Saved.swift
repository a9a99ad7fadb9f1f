/// An instance that has been written and is not yet committed: what `postSave` receivers get.
public struct Saved<M: Model> {
    /// The instance, as its row is now.
    public let instance: M
    /// Whether a new row was inserted, rather than one updated.
    public let created: Bool
    /// The transaction of the save. What is written through it is committed with the save or not at all.
    public let transaction: Transaction
}
