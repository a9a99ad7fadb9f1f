public import HeliographLog
public import HeliographModels
import HeliographPostgres

/// A committed change of a model's row.
public struct Event<M: Model>: Sendable {
    /// The record as it stands in the log.
    public let record: Record
    /// The new row; of a deletion the deleted one. It is what the row was then, not what it is now.
    public let instance: M

    /// Whether the row was new.
    public var isCreated: Bool { record.isCreated }
    /// Whether the row was deleted.
    public var isDeleted: Bool { record.operation == .delete }
    /// The columns that an update changed.
    public var changed: [String] { record.changed ?? [] }

    init(_ record: Record) throws {
        guard let row = record.instance else {
            throw LogError(
                .unreadableRecord,
                "record \(record.id) of \(record.sender) has no row: subscribe to it by sources, not by model"
            )
        }
        self.record = record
        instance = try M.mapping.decode(record: try JSONValue(parsing: row))
    }
}
