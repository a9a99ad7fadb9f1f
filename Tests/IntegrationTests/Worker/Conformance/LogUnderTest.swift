import Heliograph
import HeliographTesting
import Logging

/// A log that subscriptions are to find the same, wherever it is: a table `public.t (id, v)` is written to, receivers leave effects.
protocol LogUnderTest: Sendable {
    /// Commits new rows, with v = 0, in one transaction.
    func insert(_ ids: [Int64]) async throws
    func update(_ id: Int64, v: Int64) async throws
    func delete(_ id: Int64) async throws
    /// Commits a new row that says of itself how many receivers' writes it is the outcome of.
    func insert(_ id: Int64, depth: Int) async throws

    @discardableResult
    func drain(_ subscriptions: [Subscription]) async throws -> DrainReport
    func worker(_ subscriptions: [Subscription]) -> Worker

    /// What ``Effect/leave(_:_:)`` has left, in the order of the commits.
    func effects(of subscription: String) async throws -> [Effect]
    func parked(of subscription: String) async throws -> [(id: Int64, key: Int64, isDead: Bool, errors: Int)]

    func retry(_ ids: [Int64], of subscription: String) async throws
    func discard(_ ids: [Int64], of subscription: String) async throws
    func setPaused(_ isPaused: Bool, _ subscription: String) async throws
    func rewind(_ subscription: String, to record: Int64?) async throws
}

/// What the receivers of the conformance suite leave of a record.
struct Effect: Sendable, Hashable {
    let key: Int64
    let v: Int64
    let record: Int64

    static func key(of record: Record) throws -> Int64 {
        try Int64(json: try JSONValue(parsing: record.key ?? "null")["id"] ?? .null)
    }

    static func leave(_ record: Record, _ tx: Transaction) async throws {
        let row = try JSONValue(parsing: record.instance ?? "null")
        let v = try Int64(json: row["v"] ?? .null)
        try await tx.execute("INSERT INTO effect (key, v, record) VALUES (\(try key(of: record)), \(v), \(record.id))")
    }

    static func leave(_ records: [Record], _ tx: Transaction) async throws {
        for record in records { try await leave(record, tx) }
    }
}

/// The logs that there are.
enum LogKind: String, CaseIterable, Sendable {
    case database, memory

    func with(_ body: (any LogUnderTest) async throws -> Void) async throws {
        switch self {
        case .memory: try await body(MemoryUnderTest())
        case .database: try await Effects.with { try await body(DatabaseUnderTest(effects: $0)) }
        }
    }
}
