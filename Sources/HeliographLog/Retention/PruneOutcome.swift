/// What became of a segment that could be dropped.
public struct PruneOutcome: Sendable, Hashable {
    public let segment: Segment
    public let isDropped: Bool
    /// Why it was not dropped; `nil` if it was.
    public let reason: String?
}
