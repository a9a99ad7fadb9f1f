/// An instance that has been written and is not yet committed: what `postSave` receivers get.
public struct Saved<M: Model> {
    /// The instance, as its row is now.
    public let instance: M
    /// What the row was before, as far as the program knows: of a ``Loaded`` instance, and of the rows of a query. Else `nil`.
    public let original: M?
    /// Whether a new row was inserted, rather than one updated.
    public let created: Bool
    /// The columns that were written, by their names, if they were not all.
    public let changedFields: [String]?
    /// How the write has come about.
    public let origin: WriteOrigin
    /// The transaction of the save. What is written through it is committed with the save or not at all.
    public let transaction: Transaction
}
