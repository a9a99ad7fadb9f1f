public import HeliographPostgres

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
        var missing = wanted
        if isHeard() {
            let present = Set(try await existing(wanted, lock: ""))
            missing = wanted.filter { !present.contains($0) }
            guard !missing.isEmpty else { return [] }
            try await send(Phase(action: .add, isBefore: true), missing)
        }
        transaction.noteWrite(to: table)
        // Only what was told of, whatever has become of the others meanwhile.
        let rows = SQL.joined(missing.map { "(\(own), \($0))" }, by: ", ")
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
        guard isHeard() else { return try await delete(others) }
        // Locked, and only these are removed, so that what is told is what is done.
        let present = try await existing(others, lock: " FOR UPDATE")
        guard !present.isEmpty else { return [] }
        try await send(Phase(action: action, isBefore: true), present)
        var gone: [Other] = []
        for batch in Batches(present, of: Self.batchSize) { gone += try await delete(Array(batch)) }
        if !gone.isEmpty { try await send(Phase(action: action, isBefore: false), gone) }
        return gone
    }

    private func delete(_ others: [Other]?) async throws -> [Other] {
        transaction.noteWrite(to: table)
        return try await transaction.run(
            "DELETE FROM \(name) WHERE \(condition(others)) RETURNING \(identifier: otherColumn)"
        ).map { try $0.decode(0) }
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
