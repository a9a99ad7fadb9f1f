/// An instance whose row is about to be deleted: what `preDelete` receivers get.
public struct Deleting<M: Model>: RefusablePayload {
    /// The instance, as the program has it.
    public let instance: M
    /// How the deletion has come about.
    public let origin: WriteOrigin
    /// The transaction of the deletion.
    public let transaction: Transaction
    /// What receivers have refused so far.
    private(set) var failure: ValidationFailure?

    init(_ instance: M, origin: WriteOrigin, transaction: Transaction) {
        self.instance = instance
        self.origin = origin
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
