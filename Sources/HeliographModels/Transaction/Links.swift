public import HeliographPostgres
import HeliographSignals

/// What one instance is related to by a ``ManyToMany`` relation.
///
/// The table in between needs a unique constraint on both columns, as it has if they are its key: so what is there stays, and is there once.
///
/// Receivers of ``ModelSignals/relation(_:)`` are told before and after of what really comes and goes; those of saves and deletions of the model in
/// between are not, and the signal log hears of each row.
public struct Links<Own: PostgresCodable & Hashable, Other: PostgresCodable & Hashable> {
    private let transaction: Transaction
    private let own: Own
    private let table: TableDescription
    private let ownColumn: String
    private let otherColumn: String
    private let isHeard: () -> Bool
    private let send: (Phase, [Other]) async throws -> Void

    /// What receivers are told.
    struct Phase {
        let action: RelationChange<Own, Other>.Action
        let isBefore: Bool
    }

    init(
        _ transaction: Transaction, own: Own, table: TableDescription, ownColumn: String, otherColumn: String,
        isHeard: @escaping () -> Bool, send: @escaping (Phase, [Other]) async throws -> Void
    ) {
        self.transaction = transaction
        self.own = own
        self.table = table
        self.ownColumn = ownColumn
        self.otherColumn = otherColumn
        self.isHeard = isHeard
        self.send = send
    }

    private var name: SQL { SQL(unsafe: table.qualifiedName) }
    private var mine: SQL { "\(identifier: ownColumn) = \(own)" }

    /// The keys of all that it is related to.
    ///
    /// - Throws: `PostgresError`.
    public func keys() async throws -> [Other] {
        try await transaction.run("SELECT \(identifier: otherColumn) FROM \(name) WHERE \(mine) ORDER BY 1").map {
            try $0.decode(0)
        }
    }

    /// Relates it to others. Those that it is related to already stay so, and are not told of.
    ///
    /// - Parameter others: Their keys.
    /// - Returns: Those that are new.
    /// - Throws: ``ValidationFailure`` on a key that is none; `PostgresError`; what receivers throw.
    @discardableResult
    public func add(_ others: Other...) async throws -> [Other] { try await add(others) }

    /// Relates it to others. Those that it is related to already stay so, and are not told of.
    ///
    /// - Parameter others: Their keys.
    /// - Returns: Those that are new.
    /// - Throws: ``ValidationFailure`` on a key that is none; `PostgresError`; what receivers throw.
    @discardableResult
    public func add(_ others: [Other]) async throws -> [Other] {
        var added: [Other] = []
        for batch in Batches(unique(others), of: Self.batchSize) { added += try await add(batch: Array(batch)) }
        return added
    }

    /// So many keys in one statement.
    private static var batchSize: Int { 10_000 }

    private func add(batch wanted: [Other]) async throws -> [Other] {
        try transaction.expectRows()
        if isHeard() {
            let present = Set(try await existing(wanted, lock: ""))
            let missing = wanted.filter { !present.contains($0) }
            guard !missing.isEmpty else { return [] }
            try await send(Phase(action: .add, isBefore: true), missing)
        }
        transaction.noteWrite(to: table)
        let rows = SQL.joined(wanted.map { "(\(own), \($0))" }, by: ", ")
        let written: [Other]
        do {
            // Others may have added the same meanwhile.
            written = try await transaction.run(
                """
                INSERT INTO \(name) (\(identifier: ownColumn), \(identifier: otherColumn)) VALUES \(rows) \
                ON CONFLICT DO NOTHING RETURNING \(identifier: otherColumn)
                """
            ).map { try $0.decode(0) }
        } catch let error as PostgresError {
            throw table.failure(for: error) ?? error
        }
        if !written.isEmpty, isHeard() { try await send(Phase(action: .add, isBefore: false), written) }
        return written
    }

    /// Relates it to others no more.
    ///
    /// - Parameter others: Their keys.
    /// - Returns: Those that it was related to.
    /// - Throws: `PostgresError`; what receivers throw.
    @discardableResult
    public func remove(_ others: Other...) async throws -> [Other] { try await remove(others) }

    /// Relates it to others no more.
    ///
    /// - Parameter others: Their keys.
    /// - Returns: Those that it was related to.
    /// - Throws: `PostgresError`; what receivers throw.
    @discardableResult
    public func remove(_ others: [Other]) async throws -> [Other] {
        var removed: [Other] = []
        for batch in Batches(unique(others), of: Self.batchSize) { removed += try await remove(Array(batch), .remove) }
        return removed
    }

    /// Relates it to nothing any more.
    ///
    /// - Returns: Those that it was related to.
    /// - Throws: `PostgresError`; what receivers throw.
    @discardableResult
    public func clear() async throws -> [Other] { try await remove(nil, .clear) }

    /// Relates it to some, and to no others: removes and adds what differs.
    ///
    /// - Parameter others: Their keys.
    /// - Throws: As ``add(_:)-([Other])`` and ``remove(_:)-([Other])``.
    public func set(_ others: [Other]) async throws {
        let wanted = Set(others)
        let gone = try await keys().filter { !wanted.contains($0) }
        try await remove(gone)
        try await add(others)
    }

    private func remove(_ others: [Other]?, _ action: RelationChange<Own, Other>.Action) async throws -> [Other] {
        if let others, others.isEmpty { return [] }
        try transaction.expectRows()
        // Locked below, if somebody hears of it, so that what is told is what is done.
        if isHeard() {
            let present = try await existing(others, lock: " FOR UPDATE")
            guard !present.isEmpty else { return [] }
            try await send(Phase(action: action, isBefore: true), present)
        }
        transaction.noteWrite(to: table)
        let gone: [Other] = try await transaction.run(
            "DELETE FROM \(name) WHERE \(condition(others)) RETURNING \(identifier: otherColumn)"
        ).map { try $0.decode(0) }
        if !gone.isEmpty, isHeard() { try await send(Phase(action: action, isBefore: false), gone) }
        return gone
    }

    private func existing(_ others: [Other]?, lock: String) async throws -> [Other] {
        try await transaction.run(
            "SELECT \(identifier: otherColumn) FROM \(name) WHERE \(condition(others)) ORDER BY 1\(unsafe: lock)"
        ).map { try $0.decode(0) }
    }

    private func condition(_ others: [Other]?) -> SQL {
        guard let others else { return mine }
        return "\(mine) AND \(identifier: otherColumn) IN (\(.joined(others.map { "\($0)" }, by: ", ")))"
    }

    private func unique(_ others: [Other]) -> [Other] {
        var seen: Set<Other> = []
        return others.filter { seen.insert($0).inserted }
    }
}

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
        guard let key: OwnKey = Own.mapping.property(at: own.targetIndex, of: instance) else {
            throw ModelError(.wrongKey, "the \(Own.self) has no key yet: save it first")
        }
        return Links(
            self, own: key, table: Through.mapping.table, ownColumn: own.column.name, otherColumn: other.column.name,
            isHeard: isHeard, send: { try await send(key, $0, $1) })
    }
}

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
