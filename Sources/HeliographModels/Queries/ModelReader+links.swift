import HeliographPostgres

extension ModelReader {
    /// What some instances are related to: one statement, however many there are.
    ///
    /// - Parameters:
    ///   - instances: Instances on the relation's left side.
    ///   - relation: The relation.
    /// - Returns: For each instance, those that it is related to, in the order of their keys.
    /// - Throws: `PostgresError`; ``ModelError`` with `wrongQuery`.
    public func related<Left: Model, Right: Model, Through: Model, LeftKey, RightKey>(
        to instances: [Left], through relation: ManyToMany<Left, Right, Through, LeftKey, RightKey>
    ) async throws -> [[Right]] {
        let other = try Relation(from: Through.self, to: Right.self, by: PropertyPath(relation.right))
        let left = try Relation(from: Through.self, to: Left.self, by: PropertyPath(relation.left))
        guard !instances.isEmpty else { return [] }
        let keys = instances.map { Left.mapping.values($0)[left.targetIndex] }
        let base = Through.query
        let fields = base.fields.related(Right.self, by: other)
        let own = base.fields.qualified(left.column.name)
        let order = Ordering("\(unsafe: fields.qualified(other.target.name))", joins: fields.joins)
        let wanted = Array(Set(keys.filter { !$0.isNull }))
        var found: [Bind: [Right]] = [:]
        for batch in Batches(wanted, of: 10_000) {
            let list = SQL.joined(batch.map { "\(bind: $0)" }, by: ", ")
            let rows = base.where { _ in SQLExpression(sql: "\(unsafe: own) IN (\(list))", isNullable: false) }
            let query = Query<Through, (Through, Right)>(
                rows.order { _ in order }, Selection.instances(base.fields).with(.instances(fields)))
            for (through, right) in try await all(query) {
                found[Through.mapping.values(through)[left.index], default: []].append(right)
            }
        }
        return keys.map { found[$0] ?? [] }
    }
}
