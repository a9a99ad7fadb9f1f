/// A plain struct that stands for the rows of one table.
///
/// ```swift
/// struct User: Model {
///     var id: Int64?
///     var username: String
///     var email: String
///     var isActive = true
///
///     static let mapping = Mapping("users", User.init) {
///         Key("id", \.id)
///         Column("username", \.username)
///         Column("email", \.email).unique()
///         Column("is_active", \.isActive)
///     }
/// }
/// ```
///
/// Nothing is looked up at run time: the mapping's columns are the parameters of the initialiser, in their order and of
/// their types, or the program does not compile.
public protocol Model: Sendable {
    /// The table and its columns.
    static var mapping: Mapping<Self> { get }
}
