import HeliographPostgres

/// An error whose description holds nothing of rows, and may be logged.
package protocol DiscreetError: Error, CustomStringConvertible {}

extension PostgresError: DiscreetError {}
extension ModelError: DiscreetError {}

extension Error {
    /// What of it may be logged: errors of unknown kind may quote anything in their text, so only their type is told.
    package var loggable: String { (self as? any DiscreetError)?.description ?? "\(type(of: self))" }
}
