/// Something in which a mapping and its table are not the same.
public struct ModelDifference: Sendable, Hashable, CustomStringConvertible {
    /// The kind of a difference. New kinds may be added in any version.
    public enum Kind: String, Sendable {
        /// The table is not there.
        case table
        /// A column is not there, or one that must be given is not mapped.
        case column
        /// The property's type cannot hold what the column's can be.
        case type
        /// One of the two knows NULL.
        case null
        /// The database does not fill in what it should.
        case generated
        /// The key is none, or a unique constraint is missing.
        case unique
        /// A foreign key is missing, or does something else.
        case reference
        /// An enum has other labels.
        case labels
        /// A rule is not what it is meant to be.
        case rule
    }

    /// What it is about.
    public let kind: Kind
    /// The model's name in Swift.
    public let model: String
    /// The table, as the signal log names it.
    public let table: String
    /// The column's name; `nil` if it is about the table.
    public let column: String?
    /// What is the matter, in one line, with what to do.
    public let message: String

    /// The message.
    public var description: String { message }
}
