import Heliograph

extension Transaction {
    /// The instance that a condition finds, locked against change and deletion by others until the transaction ends.
    func locked<M: Model>(_ model: M.Type, where condition: SQL) async throws -> M? {
        let mapping = M.mapping
        return try await query(
            """
            SELECT \(mapping.selectList) FROM \(unsafe: mapping.table.qualifiedName) \
            WHERE \(condition) FOR NO KEY UPDATE
            """,
            as: model
        ).first
    }
}
