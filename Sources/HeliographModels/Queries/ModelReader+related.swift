import HeliographPostgres

extension ModelReader {
    /// The rows of another model that refer to some instances: one statement, however many there are.
    ///
    /// ```swift
    /// let books = try await tx.related(to: authors, by: \Book.authorID, Book.query.order { $0.title })
    /// for (author, books) in zip(authors, books) { … }
    /// ```
    ///
    /// - Parameters:
    ///   - parents: The instances.
    ///   - path: The other model's property that refers to them, whose column its mapping declares by `references`.
    ///   - query: Which of the rows, in which order; a limit is one for 10,000 parents together. Default: all, in no order.
    /// - Returns: For each instance, those that refer to it.
    /// - Throws: `PostgresError`; ``ModelError`` with `wrongQuery`.
    public func related<Parent: Model, Child: Model, Value>(
        to parents: [Parent], by path: any KeyPath<Child, Value> & Sendable, _ query: Query<Child, Child> = Child.query,
        file: String = #fileID, line: UInt = #line
    ) async throws -> [[Child]] {
        guard !parents.isEmpty else { return [] }
        let relation = try Relation(from: Child.self, to: Parent.self, by: PropertyPath(path))
        let keys = parents.map { Parent.mapping.values($0)[relation.targetIndex] }
        let wanted = Array(Set(keys.filter { !$0.isNull }))
        guard !wanted.isEmpty else { return parents.map { _ in [] } }
        let column = Fields<Child>().qualified(relation.column.name)
        var children: [Bind: [Child]] = [:]
        // One array would be one parameter, but not every type has arrays; of so many parameters the server takes 65,535.
        for batch in Batches(wanted, of: 10_000) {
            let list = SQL.joined(batch.map { "\(bind: $0)" }, by: ", ")
            let narrowed = query.where { _ in
                SQLExpression(sql: "\(unsafe: column) IN (\(list))", isNullable: false)
            }
            for child in try await all(narrowed, file: file, line: line) {
                children[Child.mapping.values(child)[relation.index], default: []].append(child)
            }
        }
        return keys.map { children[$0] ?? [] }
    }

    /// What a query returns, with the rows of another model that refer to each: two statements, however many rows there are.
    ///
    /// - Throws: `PostgresError`; ``ModelError`` with `wrongQuery`.
    public func all<M: Model, Child: Model>(
        _ query: PrefetchingQuery<M, Child>, file: String = #fileID, line: UInt = #line
    ) async throws -> [(M, [Child])] {
        let parents = try await all(query.query, file: file, line: line)
        let children = try await query.fetch(self, parents)
        return Array(zip(parents, children))
    }
}
