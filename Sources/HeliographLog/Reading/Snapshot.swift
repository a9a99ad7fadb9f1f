/// Which transactions can be seen at a moment: PostgreSQL's `pg_snapshot`, as its text `xmin:xmax:xip,…`.
///
/// A cursor is a snapshot, not a number: ids are drawn before their transactions commit, so a reader that goes on from the
/// highest id it saw loses those that commit late. (PGQ has read its queues so since 2007.)
public struct Snapshot: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// The snapshot that sees nothing: the beginning of the log.
    public static let beginning = Snapshot("1:1:")

    public init(_ text: String) { self.text = text }

    public var description: String { text }
}
