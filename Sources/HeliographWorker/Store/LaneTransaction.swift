import HeliographLog
import HeliographModels
import HeliographPostgres

/// A transaction of a store: the receivers' effects, and the lanes' new place.
protocol LaneTransaction: Sendable {
    /// Where the statements of receivers go.
    var effects: any TransactionBackend { get }

    /// Runs statements of several receivers together.
    func pipeline(_ statements: [SQL]) async throws -> [StatementOutcome]

    /// Ends the transaction: deferred constraints, changes, positions, COMMIT.
    ///
    /// The position comes last before COMMIT: so nobody ever waits for the lock of a frozen worker's position.
    /// - Returns: the place with its ticks; the numbers under which records have been parked.
    /// - Throws: ``BatchRefused`` when it was refused, so that nothing has happened; ``Doubt`` when only the store knows.
    func commit(
        _ lanes: [Int], of table: LaneTable, at place: LanePlace, _ changes: [LaneChange]
    ) async throws -> (place: LanePlace, parked: [Int64])
}
