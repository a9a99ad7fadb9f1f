import HeliographLog
import HeliographPostgres

/// Clears away positions and ticks that nobody needs any more, in small steps between batches.
///
/// Every worker does so now and then; each step is short, and one that meets another's locks is left for later.
struct Housekeeping {
    private let schema: SQL
    private var next = ContinuousClock.now

    /// So many rows at most in one step.
    private static let step: Int32 = 2_000
    /// The pause after a step that found less than that.
    private static let pause = Duration.seconds(60)

    init(schema: SchemaName) { self.schema = SQL(unsafe: schema.name) }

    /// Takes a step if it is time for one.
    /// - Parameter connection: not the one that holds the lanes.
    mutating func run(on connection: Connection) async throws {
        guard ContinuousClock.now >= next else { return }
        let rows = try await connection.pipeline([
            "SELECT \(schema).purge_positions(\(Self.step))", "SELECT \(schema).purge_ticks(\(Self.step))",
        ])
        let counts = try rows.compactMap { try $0.first?.decode(0, as: Int64.self) }
        // Behind: go on soon. In step: all workers at different times.
        let isBehind = counts.contains { $0 >= Int64(Self.step) }
        next = .now + (isBehind ? .seconds(1) : Self.pause * Double.random(in: 0.5...1.5))
    }
}
