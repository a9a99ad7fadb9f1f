public import HeliographLog
public import HeliographModels

/// A committed change of a model's row.
public struct Event<M: Model>: Sendable {
    /// The record as it stands in the log.
    public let record: Record
    /// The new row; of a deletion the deleted one. It is what the row was then, not what it is now.
    public var instance: M { decoded.instance }

    /// Whether the row was new.
    public var isCreated: Bool { record.isCreated }
    /// Whether the row was deleted.
    public var isDeleted: Bool { record.operation == .delete }
    /// The columns that an update changed.
    public var changed: [String] { record.changed ?? [] }

    private let decoded: DecodedInstance<M>

    init(_ record: Record) throws {
        self.record = record
        decoded = try record.decoded(as: M.self)
    }
}
