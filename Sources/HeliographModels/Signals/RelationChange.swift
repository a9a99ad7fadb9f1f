/// Rows of a ``ManyToMany`` relation that are being made or removed: what ``ModelSignals/relation(_:)`` sends.
public struct RelationChange<LeftKey: Sendable, RightKey: Sendable> {
    /// What is done.
    public enum Action: String, Sendable {
        /// Some are related.
        case add
        /// Some are related no more.
        case remove
        /// None is related any more.
        case clear
    }

    /// When a receiver runs, in the transaction either way.
    public enum Moment: String, Sendable {
        /// Before the rows are written. A receiver that throws stops it.
        case before
        /// After the rows have been written.
        case after
    }

    /// A side of the relation.
    public enum Side: String, Sendable {
        /// The model that the relation names first.
        case left
        /// The model that the relation names second.
        case right
    }

    /// What is done.
    public let action: Action
    /// Whether it has been done.
    public let moment: Moment
    /// From which side.
    public let side: Side
    /// The keys on the left side: the one whose relations change, or those that really come or go.
    public let left: [LeftKey]
    /// The keys on the right side: the one whose relations change, or those that really come or go.
    public let right: [RightKey]
    /// The transaction of the change.
    public let transaction: Transaction
}
