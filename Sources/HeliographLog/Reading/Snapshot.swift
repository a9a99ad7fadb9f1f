/// Which transactions can be seen at a moment: PostgreSQL's `pg_snapshot`, as its text `xmin:xmax:xip,…`.
///
/// A cursor is a snapshot, not a number: ids are drawn before their transactions commit, so a reader that goes on from the
/// highest id it saw loses those that commit late. (PGQ has read its queues so since 2007.)
public struct Snapshot: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// The snapshot that sees nothing: the beginning of the log.
    public static let beginning = Snapshot("1:1:")

    /// - Parameter text: as PostgreSQL wrote it.
    public init(_ text: String) { self.text = text }

    /// A snapshot from a text of unknown origin; `nil` where PostgreSQL would refuse it.
    init?(validating text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let xmin = UInt64(parts[0]), let xmax = UInt64(parts[1]), xmin > 0, xmin <= xmax else {
            return nil
        }
        var previous = xmin
        for (index, part) in parts[2].split(separator: ",", omittingEmptySubsequences: false).enumerated()
        where !(index == 0 && part.isEmpty) {
            guard let open = UInt64(part), open < xmax, index == 0 ? open >= xmin : open > previous else { return nil }
            previous = open
        }
        self.text = text
    }

    public var description: String { text }

    /// All transactions before this one had ended.
    package var xmin: UInt64 { number(at: 0) }

    /// This one and all after it had not begun.
    package var xmax: UInt64 { number(at: 1) }

    /// Whether transactions before ``xmax`` were open.
    var hasOpen: Bool { !text.hasSuffix(":") }

    private func number(at index: Int) -> UInt64 {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count > index ? UInt64(parts[index]) ?? 0 : 0
    }
}
