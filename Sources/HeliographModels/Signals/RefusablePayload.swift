/// The payload of a signal whose receivers may refuse what is about to happen.
public protocol RefusablePayload: SendableMetatype {
    /// Notes a refusal. The receivers that are still to come run, and then the refusals are thrown together.
    ///
    /// - Parameter failure: The fields at fault.
    mutating func refuse(_ failure: ValidationFailure)
}

extension RefusablePayload {
    /// Notes the refusal of one field, and goes on.
    ///
    /// - Parameters:
    ///   - field: The column's name; empty for the instance as a whole.
    ///   - code: A stable word for programs.
    ///   - message: A sentence for people.
    public mutating func refuse(field: String, code: String, message: String) {
        refuse(ValidationFailure(field: field, code: code, message: message))
    }
}
