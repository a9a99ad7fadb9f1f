/// The templates that this process has prepared on the shared cluster.
actor TemplateStore {
    static let shared = TemplateStore()

    private var databases: [String: Task<TestDatabase, any Error>] = [:]

    /// The database of a template, prepared if nobody did yet.
    ///
    /// Tests that ask while it is being prepared wait for it. If preparing fails they all get the error, and the next
    /// one tries again.
    func database(for template: TestDatabase.Template, on cluster: LocalCluster) async throws -> TestDatabase {
        // A task of its own: the first test to ask may be cancelled, and the others still want the template.
        let task = databases[template.key] ?? Task { try await Self.prepare(template, on: cluster) }
        databases[template.key] = task
        do {
            return try await task.value
        } catch {
            if databases[template.key] == task { databases[template.key] = nil }
            throw error
        }
    }

    private static func prepare(
        _ template: TestDatabase.Template,
        on cluster: LocalCluster
    ) async throws -> TestDatabase {
        let database = try await cluster.createTestDatabase(prefix: "template")
        do {
            try await template.prepare(database)
            return database
        } catch {
            try? await cluster.dropDatabase(database.name)
            throw error
        }
    }
}
