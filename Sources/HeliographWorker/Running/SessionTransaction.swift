import HeliographLog
import HeliographModels
import HeliographPostgres

/// A transaction on the session that holds the lanes.
struct SessionTransaction: LaneTransaction {
    private let session: LaneSession
    private let opening: TransactionOpening
    private let statements: ConnectionTransaction

    init(_ session: LaneSession, _ opening: TransactionOpening) {
        self.session = session
        self.opening = opening
        // Receivers of several records share it: what one of them postponed would fail another.
        statements = ConnectionTransaction(session.connection, opening, postpones: false)
    }

    var effects: any TransactionBackend { statements }

    func pipeline(_ statements: [SQL]) async throws -> [StatementOutcome] {
        try await self.statements.pipeline(statements)
    }

    /// In one round trip.
    func commit(
        _ lanes: [Int], of table: LaneTable, at place: LanePlace, _ changes: [LaneChange]
    ) async throws -> (place: LanePlace, parked: [Int64]) {
        let first = opening.take()
        // A COMMIT that ends nothing is answered with the same tag.
        if first.isEmpty, await session.connection.isIdle {
            throw Doubt(error: PostgresError(.transactionAborted, "the transaction has been ended by somebody else"))
        }
        let before = first + ["SET CONSTRAINTS ALL IMMEDIATE"]
        let deliveries = changes.map { session.statement(for: $0, of: lanes) }
        let results: [Rows]
        do {
            results = try await session.connection.pipeline(
                before + deliveries + [session.advance(lanes, of: table, to: place), "COMMIT"])
        } catch let error as PostgresError {
            let behind = before.count...before.count + deliveries.count
            let isOfPositions =
                error.sqlState?.errorClass == "HG" || error.constraint == "position_pkey"
                || error.sqlState?.isContention == true && behind.contains(error.statementIndex ?? 0)
            guard error.code == .server, await session.isOpen, !isOfPositions else { throw Doubt(error: error) }
            throw BatchRefused(error: error)
        }
        guard results.last?.commandTag == "COMMIT" else {
            throw Doubt(error: PostgresError(.transactionAborted, "COMMIT was answered with ROLLBACK"))
        }
        let ticks: [Int64?] = try results[results.count - 2].first?.decode(0) ?? []
        var named = place
        named.lo.tick = ticks.first ?? place.lo.tick
        named.hi?.tick = ticks.last ?? place.hi?.tick
        var parked: [Int64] = []
        for (change, rows) in zip(changes, results.dropFirst(before.count)) {
            if case .park = change { parked += try rows.first?.decode(0, as: [Int64].self) ?? [] }
        }
        return (named, parked)
    }
}
