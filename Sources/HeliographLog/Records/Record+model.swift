public import HeliographModels
import HeliographPostgres

extension Record {
    /// The row as an instance of a model: the new one, of a deletion the deleted one.
    /// - Throws: ``LogError`` when the record has no row, as that of a TRUNCATE; `ModelError` and `JSONSyntaxError` when the row is
    ///   not one of the model.
    public func instance<M: Model>(of model: M.Type) throws -> M {
        guard let row = instance else {
            throw LogError(
                .unreadableRecord, "record \(id) of \(sender) has no row: listen to records, not to \(model)"
            )
        }
        return try M.mapping.decode(record: try JSONValue(parsing: row))
    }
}
