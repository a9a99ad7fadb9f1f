import HeliographLog
import HeliographPostgres

/// What a worker says of the lanes it holds, so that its successor knows when it has died of a record.
extension LaneSession {
    func takeClaims(of lanes: [Int], worker: String) async throws -> [(lane: Int, suspect: String?)] {
        let rows = try await connection.query(
            """
            SELECT lane::int4, suspect FROM \(schema).take_claims(
                \(registration.id), \(lanes.map { Int16(clamping: $0) }), \(worker)) WHERE is_inherited
            """)
        return try rows.map { (try $0.decode(0), try $0.decode(1)) }
    }

    func announce(_ items: [Int: String]) async throws -> Int {
        let lanes = items.keys.sorted()
        let rows = try await connection.query(
            """
            SELECT \(schema).claim_items(
                \(registration.id), \(lanes.map { Int16(clamping: $0) }), \(lanes.map { items[$0] ?? "" }))
            """)
        return try rows.first?.decode(0) ?? 0
    }

    func clearSuspicion(of lanes: [Int], worker: String) async throws {
        try await connection.query(
            "SELECT \(schema).clear_suspicion(\(registration.id), \(lanes.map { Int16(clamping: $0) }), \(worker))")
    }

    func dropClaims(of lanes: [Int], worker: String) async throws {
        try await connection.query(
            "SELECT \(schema).drop_claims(\(registration.id), \(lanes.map { Int16(clamping: $0) }), \(worker))")
    }

    func absolve(worker: String) async {
        _ = try? await reading.query(
            "SELECT \(schema).drop_claims(\(registration.id), \(nil as [Int16]?), \(worker))")
    }
}
