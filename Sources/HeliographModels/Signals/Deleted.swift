/// An instance whose row has been deleted, not yet committed: what `postDelete` receivers get.
public struct Deleted<M: Model> {
    /// The instance, as its row was at last.
    public let instance: M
    /// How the deletion has come about.
    public let origin: WriteOrigin
    /// The transaction of the deletion. What is written through it is committed with the deletion or not at all.
    public let transaction: Transaction
}
