import HeliographLog
import HeliographPostgres

/// What a worker says of the lanes it holds, so that its successor knows when it has died of a record.
extension LaneSession {
    /// Says that this worker holds lanes, which must be locked.
    /// - Returns: those whose last holder has not given them up, and what it has ended in the middle of, if it had named that.
    func takeClaims(of lanes: [Int], worker: String) async throws -> [(lane: Int, suspect: String?)] {
        let rows = try await connection.query(
            """
            SELECT lane::int4, suspect FROM \(schema).take_claims(
                \(registration.id), \(lanes.map { Int16(clamping: $0) }), \(worker)) WHERE is_inherited
            """)
        return try rows.map { (try $0.decode(0), try $0.decode(1)) }
    }

    /// Says what is about to be received, by lane.
    /// - Returns: how many workers have ended in the middle of it before.
    func claim(_ items: [Int: String]) async throws -> Int {
        let lanes = items.keys.sorted()
        let rows = try await connection.query(
            """
            SELECT \(schema).claim_items(
                \(registration.id), \(lanes.map { Int16(clamping: $0) }), \(lanes.map { items[$0] ?? "" }))
            """)
        return try rows.first?.decode(0) ?? 0
    }

    /// Says that it is done with; belongs into the transaction that moves the lanes.
    func finishItem(of lanes: [Int], worker: String) -> SQL {
        "SELECT \(schema).finish_item(\(registration.id), \(lanes.map { Int16(clamping: $0) }), \(worker))"
    }

    /// Says that records of these lanes are received many at a time again.
    func clearSuspicion(of lanes: [Int], worker: String) async throws {
        try await connection.query(
            "SELECT \(schema).clear_suspicion(\(registration.id), \(lanes.map { Int16(clamping: $0) }), \(worker))")
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
