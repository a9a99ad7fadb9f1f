public import HeliographPostgres

extension Attachments {
    /// Whether a table is captured.
    /// - Parameter table: a name as SQL would have it.
    public func isAttached(_ table: String, on connection: Connection) async throws -> Bool {
        try await sender(of: table, on: connection) != nil
    }

    /// The senders under which tables are captured.
    /// - Throws: ``LogError`` with `unknownTable` for a name that is no table's, or one of a table that is not captured.
    public func senders(of tables: [String], on connection: Connection) async throws -> [String] {
        var senders: [String] = []
        for table in tables {
            guard let sender = try await sender(of: table, on: connection) else {
                throw LogError(
                    .unknownTable, "\(table) is not captured: run `heliograph attach\(schema.option) \(table)`"
                )
            }
            senders.append(sender)
        }
        return senders
    }

    /// By the table itself, or by the name it was captured under: a table that is gone has records all the same.
    private func sender(of table: String, on connection: Connection) async throws -> String? {
        let rows = try await connection.query(
            """
            SELECT sender FROM \(schema.sql).attachment
            WHERE relid = to_regclass(\(table))::oid OR sender = \(table)
            ORDER BY relid = to_regclass(\(table))::oid DESC NULLS LAST LIMIT 1
            """
        )
        return try rows.first?.decode(0, as: String.self)
    }
}
