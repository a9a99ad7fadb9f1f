/// Runs a test with a database of its own, and drops the database afterwards.
///
/// ```swift
/// try await withTestDatabase { database in
///     try await LocalCluster.shared.psql("CREATE TABLE books (id bigint)", database: database.name)
/// }
/// ```
///
/// The database lives on ``LocalCluster/shared``. Connections that the test left open are cut when it is dropped.
///
/// - Parameters:
///   - template: What the database holds at the start; `nil` for an empty one.
///   - body: The test.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws; or ``LocalClusterError`` if the database could not be made or dropped.
public func withTestDatabase<Result>(
    template: TestDatabase.Template? = nil,
    _ body: (TestDatabase) async throws -> Result
) async throws -> Result {
    let cluster = try await LocalCluster.shared
    var source: TestDatabase?
    if let template { source = try await TemplateStore.shared.database(for: template, on: cluster) }
    let database = try await cluster.createTestDatabase(prefix: "test", template: source?.name)
    let result: Result
    do {
        result = try await body(database)
    } catch {
        // The test's own error says more than a failure to clear up after it.
        try? await cluster.dropDatabase(database.name)
        throw error
    }
    try await cluster.dropDatabase(database.name)
    return result
}

extension LocalCluster {
    /// Creates a database under a name that nobody uses.
    func createTestDatabase(prefix: String, template: String? = nil) async throws -> TestDatabase {
        let name = "\(prefix)_" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await createDatabase(name, template: template)
        return TestDatabase(name: name, connectionString: connectionString(database: name))
    }
}
