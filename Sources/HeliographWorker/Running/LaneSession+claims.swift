import HeliographLog
import HeliographPostgres

/// What a worker says of the lanes it holds, so that its successor knows when it has died of a record.
extension LaneSession {
    /// Says that this worker holds lanes, which must be locked.
    /// - Returns: those whose last holder has not given them up.
    func takeClaims(of lanes: [Int], worker: String) async throws -> [Int] {
        try await connection.query(
            """
            SELECT lane::int4 FROM \(schema).take_claims(
                \(registration.id), \(lanes.map { Int16(clamping: $0) }), \(worker)) WHERE is_inherited
            """
        ).map { try $0.decode(0) }
    }

    /// Says which record is about to be received, alone.
    /// - Returns: how many workers have died of it before.
    func claim(_ item: String, of lane: Int) async throws -> Int {
        let rows = try await connection.query(
            "SELECT \(schema).claim_item(\(registration.id), \(Int16(clamping: lane)), \(item))")
        return try rows.first?.decode(0, as: Int?.self) ?? 0
    }

    /// Says that records of these lanes are received many at a time again.
    func clearItem(of lanes: [Int], worker: String) async throws {
        try await connection.query(
            "SELECT \(schema).clear_item(\(registration.id), \(lanes.map { Int16(clamping: $0) }), \(worker))")
    }

    /// Takes the claims back, before the locks are given up.
    /// - Parameters:
    ///   - lanes: `nil` for all.
    ///   - other: another connection to say so by, where this session's own is not to be had.
    func dropClaims(of lanes: [Int]?, worker: String, on other: Connection? = nil) async throws {
        let lanes = lanes.map { $0.map { Int16(clamping: $0) } }
        try await (other ?? connection).query(
            "SELECT \(schema).drop_claims(\(registration.id), \(lanes), \(worker))")
    }
}
