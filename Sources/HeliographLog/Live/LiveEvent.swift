public import HeliographModels

/// A committed change of a model's row, as a receiver of a ``LiveMirror`` gets it.
public struct LiveEvent<M: Model>: Sendable {
    /// The record as it stands in the log.
    public let record: Record
    /// The new row; of a deletion the deleted one. It is what the row was then, not what it is now.
    public let instance: M
    /// Whether this process wrote it.
    public let isOwn: Bool

    /// Whether the row was new.
    public var isCreated: Bool { record.isCreated }
    /// Whether the row was deleted.
    public var isDeleted: Bool { record.operation == .delete }
    /// The columns that an update changed.
    public var changed: [String] { record.changed ?? [] }

    init(_ live: LiveRecord) throws {
        record = live.record
        instance = try live.record.instance(of: M.self)
        isOwn = live.isOwn
    }
}
