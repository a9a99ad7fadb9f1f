/// An instance that is about to be written: what `preSave` receivers get.
public struct Saving<M: Model>: RefusablePayload {
    /// The instance. What receivers change is what is written.
    public var instance: M
    /// What the row is now, as far as the program knows: of a ``Loaded`` instance, and of the rows of a query. Else `nil`.
    public let original: M?
    /// Whether a new row is about to be inserted, rather than one updated. ``Transaction/upsert(_:on:)`` may find out otherwise, and asks again.
    public let created: Bool
    /// How the write has come about.
    public let origin: WriteOrigin
    /// The transaction of the save.
    public let transaction: Transaction
    /// What receivers have refused so far.
    private(set) var failure: ValidationFailure?
    /// What the instance is compared with, to write only what differs; `nil` to write all.
    private let baseline: M?
    /// The columns that are written though they do not differ.
    private let wanted: [Int]

    init(
        _ instance: M, original: M? = nil, baseline: M? = nil, wanted: [Int] = [], created: Bool, origin: WriteOrigin,
        transaction: Transaction
    ) {
        self.instance = instance
        self.original = original
        self.baseline = baseline ?? original
        self.created = created
        self.origin = origin
        self.wanted = wanted
        self.transaction = transaction
    }

    /// The columns that are about to be written, by their names, when only some are: those that differ from ``original``, those that the program
    /// has named, and those that receivers have changed so far. `nil` if all are written.
    public var changedFields: [String]? { changedColumns.map { $0.map { M.mapping.columns[$0].name } } }

    /// The same by their places.
    var changedColumns: [Int]? {
        guard !created, let baseline else { return nil }
        let (old, new) = (M.mapping.values(baseline), M.mapping.values(instance))
        let named = Set(wanted)
        return M.mapping.columns.indices.filter { named.contains($0) || old[$0] != new[$0] }
    }

    /// Notes a refusal. The receivers that are still to come run, and then the refusals are thrown together.
    ///
    /// - Parameter failure: The fields at fault.
    public mutating func refuse(_ failure: ValidationFailure) {
        guard self.failure == nil else {
            self.failure?.merge(failure)
            return
        }
        self.failure = failure
    }
}
