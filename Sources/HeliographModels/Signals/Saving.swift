/// An instance that is about to be written: what `preSave` receivers get.
public struct Saving<M: Model>: RefusablePayload {
    /// The instance. What receivers change is what is written.
    public var instance: M
    /// Whether a new row is about to be inserted, rather than one updated.
    public let created: Bool
    /// The transaction of the save.
    public let transaction: Transaction
    /// What receivers have refused so far.
    private(set) var failure: ValidationFailure?

    init(_ instance: M, created: Bool, transaction: Transaction) {
        self.instance = instance
        self.created = created
        self.transaction = transaction
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
