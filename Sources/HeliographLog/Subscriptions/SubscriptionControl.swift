public import HeliographPostgres

/// What an operator does with a subscription, while its workers run: they find out at once, or within a second or two.
public struct SubscriptionControl: Sendable {
    /// Where to rewind to.
    public enum Target: Sendable, Hashable {
        /// All that the log still holds.
        case beginning
        /// A time, in any form PostgreSQL reads as `timestamptz`.
        case time(String)
        /// The number of a record: it and all after it come again.
        case record(Int64)
        /// The rows that its tables hold now, each as one that is created, and what commits from now on.
        case backfill
    }

    private let schema: SchemaName

    public init(schema: SchemaName = .standard) { self.schema = schema }

    /// Stops it without losing anything: the log is kept for it, and grows.
    /// - Throws: ``LogError`` with `unknownSubscription`; `PostgresError`.
    public func pause(_ name: String, on connection: Connection) async throws {
        try await run("SELECT \(schema.sql).set_subscription_state(\(name), 'paused')", on: connection)
    }

    /// Has it go on where it was.
    /// - Throws: as ``pause(_:on:)``.
    public func resume(_ name: String, on connection: Connection) async throws {
        try await run("SELECT \(schema.sql).set_subscription_state(\(name), 'active')", on: connection)
    }

    /// Has it read again from the last recorded place before a target. Where it is not there yet it stays. What its receivers do for a
    /// record is done once more.
    /// - Returns: where it stands now, in words.
    /// - Throws: ``LogError`` with `unknownSubscription`, or `badArgument` for a record or time that there is not; `PostgresError`.
    public func rewind(_ name: String, to target: Target, on connection: Connection) async throws -> String {
        let call: SQL =
            switch target {
            case .backfill: "SELECT \(schema.sql).backfill(\(name))"
            case .beginning: "SELECT \(schema.sql).rewind(\(name))"
            case .time(let time): "SELECT \(schema.sql).rewind(\(name), to_time => \(time)::text::timestamptz)"
            case .record(let id): "SELECT \(schema.sql).rewind(\(name), to_record => \(id))"
            }
        return try await run(call, on: connection)
    }

    /// Forgets it, with its places and parked records. Not while workers run it.
    /// - Returns: how many parked records there were.
    /// - Throws: ``LogError`` with `unknownSubscription` or `atWork`; `PostgresError`.
    public func drop(_ name: String, on connection: Connection) async throws -> Int {
        Int(try await run("SELECT \(schema.sql).drop_subscription(\(name))::text", on: connection)) ?? 0
    }

    @discardableResult
    private func run(_ call: SQL, on connection: Connection) async throws -> String {
        do {
            return try await connection.query(call).first?.decode(0) ?? ""
        } catch {
            throw LogError.explain(error, schema: schema, group: "heliograph_worker")
        }
    }
}
