public import HeliographPostgres

/// Which rows of a model are to be changed, and how.
///
/// ```swift
/// try await tx.update(User.where { $0.lastSeen < limit }.set(\.isActive, to: false))
/// try await tx.update(Book.query.set(\.copies) { $0.copies + 1 })
/// ```
public struct QueryUpdate<M: Model>: Sendable {
    let query: Query<M, M>
    /// Columns by their places, and what they become.
    private(set) var assignments: [(column: Int, value: SQL)] = []
    private(set) var fault: ModelError?

    init(_ query: Query<M, M>) { self.query = query }

    /// Sets a column to a value.
    public func set<Value: PostgresEncodable>(
        _ path: KeyPath<M, Value>, to value: Value
    ) -> Self { adding(path, "\(bind: value.bind)") }

    /// Sets a column to what the server works out for each row.
    public func set<Value: PostgresEncodable>(
        _ path: KeyPath<M, Value>, _ value: (Fields<M>) -> SQLExpression<Value>
    ) -> Self {
        let value = value(query.fields)
        return adding(
            path, value.sql,
            value.fault
                ?? (value.joins.joins.isEmpty && value.joins.scopes.isSubset(of: [query.scope])
                    ? nil
                    : ModelError(.wrongQuery, "an update of \(M.self) cannot take values of other rows than its own")))
    }

    private func adding(_ path: PartialKeyPath<M>, _ value: SQL, _ fault: ModelError? = nil) -> Self {
        var copy = self
        copy.fault = copy.fault ?? fault
        do {
            copy.assignments.append((try M.mapping.column(of: path), value))
        } catch {
            copy.fault = copy.fault ?? error
        }
        return copy
    }
}

extension Query where Output == M {
    /// Sets a column of the rows to a value, when it is given to ``Transaction/update(_:)``.
    public func set<Value: PostgresEncodable>(_ path: KeyPath<M, Value>, to value: Value) -> QueryUpdate<M> {
        QueryUpdate(self).set(path, to: value)
    }

    /// Sets a column of the rows to what the server works out for each.
    public func set<Value: PostgresEncodable>(
        _ path: KeyPath<M, Value>, _ value: (Fields<M>) -> SQLExpression<Value>
    ) -> QueryUpdate<M> {
        QueryUpdate(self).set(path, value)
    }
}
