public import Heliograph

/// Creates or upgrades what the Bookshop needs: the signal log, its own tables, and the capture of users and books.
public struct BookshopSetup: Sendable {
    private let schema: SchemaName

    /// - Parameter schema: of the signal log.
    public init(schema: SchemaName = .standard) { self.schema = schema }

    /// Does what is not done yet. Any number of programs may do so at once: a lock lets one through after the other.
    /// - Throws: ``LogError``, ``PostgresError``.
    public func run(on connection: Connection) async throws {
        try await Migrator(schema: schema).migrate(on: connection)
        let attachments = Attachments(schema: schema)
        try await attachments.retryingWhileBusy(on: connection) {
            try await connection.transaction(.init(isolation: .readCommitted)) { connection in
                try await connection.query("SELECT pg_advisory_xact_lock(hashtext('bookshop'), hashtext('setup'))")
                try await connection.runScript(unsafe: BookshopTables.script)
                for table in BookshopTables.captured {
                    // One that is captured stays captured as it is: somebody may have chosen how.
                    if try await attachments.isAttached(table, on: connection) { continue }
                    try await attachments.attach(table, on: connection)
                }
                // For `heliograph doctor`.
                try await connection.query(
                    BookshopModels.schema.declaration(as: "bookshop", logSchema: schema.name))
            }
        }
    }
}
