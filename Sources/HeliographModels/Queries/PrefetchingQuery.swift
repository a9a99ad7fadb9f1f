import HeliographPostgres

/// A query that returns, beside each instance, those of another model that refer to it.
public struct PrefetchingQuery<M: Model, Child: Model>: Sendable {
    let query: Query<M, M>
    let fetch: @Sendable (any ModelReader, [M]) async throws -> [[Child]]
}

extension Query where Output == M {
    /// Returns, beside each instance, those of another model that refer to it; by one more statement, not by one for each.
    ///
    /// ```swift
    /// for (author, books) in try await database.all(Author.query.prefetching(\Book.authorID)) { … }
    /// ```
    ///
    /// - Parameters:
    ///   - path: The other model's property that refers to this one, whose column its mapping declares by `references`.
    ///   - children: Which of the rows, in which order. Default: all, in no order.
    public func prefetching<Child: Model, Value>(
        _ path: any KeyPath<Child, Value> & Sendable, _ children: Query<Child, Child> = Child.query
    ) -> PrefetchingQuery<M, Child> {
        PrefetchingQuery(query: self) { reader, parents in
            try await reader.related(to: parents, by: path, children)
        }
    }
}
