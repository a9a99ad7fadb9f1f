import HeliographPostgres
import HeliographSignals

extension Transaction {
    /// What an instance is related to, to look at and to change.
    ///
    /// - Parameters:
    ///   - relation: The relation.
    ///   - instance: An instance on its left side.
    /// - Throws: ``ModelError`` with `wrongQuery` if the mapping does not declare the relation, `wrongKey` if the instance has no key yet.
    public func links<Left: Model, Right: Model, Through: Model, LeftKey, RightKey>(
        _ relation: ManyToMany<Left, Right, Through, LeftKey, RightKey>, of instance: Left
    ) throws -> Links<LeftKey, RightKey> {
        let signal = signals.relation(relation)
        return try links(
            relation, instance, isHeard: { signal.hasReceivers() },
            send: { own, phase, others in
                var change = RelationChange(
                    action: .init(rawValue: phase.action.rawValue) ?? .add, moment: phase.isBefore ? .before : .after,
                    side: .left, left: [own], right: others, transaction: self)
                try await signal.send(&change)
            })
    }

    /// What an instance on the right side is related to, to look at and to change.
    ///
    /// - Parameters:
    ///   - relation: The relation.
    ///   - instance: An instance on its right side.
    /// - Throws: ``ModelError`` with `wrongQuery` if the mapping does not declare the relation, `wrongKey` if the instance has no key yet.
    public func links<Left: Model, Right: Model, Through: Model, LeftKey, RightKey>(
        _ relation: ManyToMany<Left, Right, Through, LeftKey, RightKey>, reversedOf instance: Right
    ) throws -> Links<RightKey, LeftKey> {
        let signal = signals.relation(relation)
        return try links(
            relation.reversed, instance, isHeard: { signal.hasReceivers() },
            send: { own, phase, others in
                var change = RelationChange(
                    action: .init(rawValue: phase.action.rawValue) ?? .add, moment: phase.isBefore ? .before : .after,
                    side: .right, left: others, right: [own], transaction: self)
                try await signal.send(&change)
            })
    }

    private func links<Own: Model, Other: Model, Through: Model, OwnKey, OtherKey>(
        _ relation: ManyToMany<Own, Other, Through, OwnKey, OtherKey>, _ instance: Own, isHeard: @escaping () -> Bool,
        send: @escaping (OwnKey, Links<OwnKey, OtherKey>.Phase, [OtherKey]) async throws -> Void
    ) throws -> Links<OwnKey, OtherKey> {
        try checkLive()
        let own = try Relation(from: Through.self, to: Own.self, by: PropertyPath(relation.left))
        let other = try Relation(from: Through.self, to: Other.self, by: PropertyPath(relation.right))
        guard !Own.mapping.values(instance)[own.targetIndex].isNull,
            let key: OwnKey = Own.mapping.property(at: own.targetIndex, of: instance)
        else {
            throw ModelError(.wrongKey, "the \(Own.self) has no key yet: save it first")
        }
        return Links(
            self, own: key, table: Through.mapping.table, ownColumn: own.column.name, otherColumn: other.column.name,
            isHeard: isHeard, send: { try await send(key, $0, $1) })
    }
}
