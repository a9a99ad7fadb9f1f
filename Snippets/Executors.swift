import HeliographPostgres

/// Many tasks that do little but talk to the database, dealt out among the threads on which answers arrive.
func count(in tables: [String], _ pool: ConnectionPool) async throws -> Int {
    let executors = Connection.executors
    return try await withThrowingTaskGroup(of: Int.self) { group in
        for (number, table) in tables.enumerated() {
            let executor = executors.isEmpty ? nil : executors[number % executors.count]
            group.addTask(executorPreference: executor) {
                try await pool.query("SELECT count(*) FROM \(identifier: table)").first?.decode(0) ?? 0
            }
        }
        return try await group.reduce(0, +)
    }
}
