public import Heliograph

/// Runs `body` and returns the records of what was committed meanwhile, in the order of the log: for a test that asserts what was sent.
///
/// ```swift
/// let sent = try await committedRecords(in: configuration) {
///     try await database.save(&user)
/// }
/// #expect(sent.map(\.sender) == ["public.users"])
/// ```
/// - Parameters:
///   - configuration: The database, whose tables are attached.
///   - schema: The log's schema. Default: `heliograph`.
///   - filter: Which records. Default: all.
/// - Returns: The records, of whoever wrote them; at most 100,000.
/// - Throws: What `body` throws; `PostgresError`; `LogError`.
public func committedRecords(
    in configuration: ConnectionConfiguration, schema: SchemaName = .standard, _ filter: RecordFilter = .init(),
    _ body: () async throws -> Void
) async throws -> [Record] {
    try await Connection.with(configuration) { connection in
        let reader = LogReader(schema: schema)
        let start = try await reader.takeSnapshot(on: connection).snapshot
        try await body()
        return try await reader.read(from: start, filter, limit: 100_000, on: connection).records
    }
}
