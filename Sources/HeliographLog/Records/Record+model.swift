public import HeliographModels
import HeliographPostgres

extension Record {
    /// The row as an instance of a model: the new one, of a deletion the deleted one.
    /// - Throws: ``LogError`` when the record has no row, as that of a TRUNCATE or of a row that was too large; `ModelError` and `JSONSyntaxError` when the row is
    ///   not one of the model.
    public func instance<M: Model>(of model: M.Type) throws -> M { try decoded(as: model).instance }

    /// The same, as it was decoded ahead, if it was.
    package func decoded<M: Model>(as model: M.Type) throws -> DecodedInstance<M> {
        if let decoded = decoded as? DecodedInstance<M> { return decoded }
        guard let row = instance else {
            let reason = isTruncated ? "is larger than its table's limit, so only its key was recorded" : "has no row"
            throw LogError(
                .unreadableRecord, "record \(id) of \(sender) \(reason): listen to records, not to \(model)"
            )
        }
        return DecodedInstance(try M.mapping.decode(record: try JSONValue(parsing: row)))
    }

    /// Does the work of ``instance(of:)`` beforehand. Of a row that is not one of the model it is left to be done, and to fail, when
    /// the instance is asked for.
    package mutating func decodeAhead<M: Model>(as model: M.Type) { decoded = try? decoded(as: model) }
}

/// A record's row as an instance of a model.
package final class DecodedInstance<M: Model>: Sendable {
    package let instance: M

    fileprivate init(_ instance: M) { self.instance = instance }
}
