public import Heliograph
import HeliographModels
import HeliographPostgres
import HeliographWorker

extension InMemoryLog {
    /// A change of a row, to be committed.
    public struct Change: Sendable {
        let change: MemoryChange

        /// A new row of a model.
        /// - Throws: `PostgresError` with `invalidValue` if a column's type is one that only a server can put into words.
        public static func created<M: Model>(_ instance: M) throws -> Change { try make(.insert, instance) }

        /// A changed row of a model. What has changed is found by comparing it with what was committed before.
        /// - Throws: as ``created(_:)``.
        public static func updated<M: Model>(_ instance: M) throws -> Change { try make(.update, instance) }

        /// A model's row that is deleted.
        /// - Throws: as ``created(_:)``.
        public static func deleted<M: Model>(_ instance: M) throws -> Change { try make(.delete, instance) }

        /// A change of a table without a model.
        /// - Parameters:
        ///   - sender: the table: `public.users`.
        ///   - key: the row's key, an object; `nil` of a TRUNCATE.
        ///   - row: the row, an object; of a deletion it is known.
        public static func row(
            _ operation: AttachOptions.Operation, _ sender: String, key: JSONValue?, _ row: JSONValue? = nil
        ) -> Change {
            Change(change: MemoryChange(sender: sender, operation: operation, key: key, row: row))
        }

        private static func make<M: Model>(_ operation: AttachOptions.Operation, _ instance: M) throws -> Change {
            let (key, row) = try M.mapping.record(of: instance)
            return .row(operation, M.mapping.sender.name, key: key, row)
        }
    }
}
