import HeliographLog
import HeliographPostgres

/// What the database knows a subscription by.
struct Registration: Sendable {
    let id: Int32
    let laneCount: Int
    let generation: Int
    /// The revision in force: higher than this program's when another one has been deployed.
    let revision: Int
    let isSuperseded: Bool
    /// Whether it is not to be worked on: paused, or lapsed.
    let isResting: Bool
    /// The cluster's identifier.
    let system: Int64
    /// What tells that somebody has changed the subscription since: its revision, its state, a count of changes from outside.
    let mark: String
    /// The first number of the advisory locks of the subscription's lanes; the second is the lane.
    let lockClass: Int32

    /// Registers a subscription, or finds it, and notes how it receives where its revision is in force.
    /// - Parameter policy: for people; it may differ from what other workers of the revision say.
    /// - Throws: ``WorkerError`` when the declaration contradicts another one, or a sender is not attached; ``LogError`` with
    ///   `notPermitted` when the role may not register one.
    static func register(
        _ subscription: Subscription, policy: ReceivingPolicy, schema: SchemaName, on connection: Connection
    ) async throws -> Registration {
        try await requireAttached(subscription, schema: schema, on: connection)
        let rows: Rows
        do {
            rows = try await connection.query(
                """
                SELECT id, lanes::int4, generation, revision, outcome, hashtext(\(schema.name) || '/' || \(subscription.name)),
                    state <> 'active', concat_ws('/', revision, state, changes),
                    (SELECT system_identifier FROM \(unsafe: schema.name).incarnation ORDER BY id DESC LIMIT 1)
                FROM \(unsafe: schema.name).register_subscription(
                    \(subscription.name), \(Int32(clamping: subscription.revision)), \(subscription.declaration),
                    \(Int32(clamping: subscription.laneCount)), \(subscription.start.rawValue)
                )
                """
            )
        } catch {
            throw LogError.explain(error, schema: schema, group: "heliograph_worker")
        }
        guard let row = rows.first else {
            throw PostgresError(.decoding, "register_subscription returned no row")
        }
        let (id, lanes, generation, revision, outcome, lockClass, isResting, mark, system) = try row.decode(
            as: (
                Int32.self, Int32.self, Int32.self, Int32.self, String.self, Int32.self, Bool.self, String.self,
                Int64.self
            )
        )
        if outcome == "conflict" {
            throw WorkerError.conflict(subscription.name, revision: Int(revision))
        }
        let isSuperseded = outcome == "superseded"
        if !isSuperseded {
            try await connection.query(
                "SELECT \(unsafe: schema.name).note_policy(\(id), \(revision), \(policy.json.description))")
        }
        return Registration(
            id: id, laneCount: Int(lanes), generation: Int(generation), revision: Int(revision),
            isSuperseded: isSuperseded, isResting: isResting, system: system, mark: mark,
            lockClass: lockClass
        )
    }

    /// What names a change to the outside: the same in all tries. The number of a record, and that of its transaction, may be given
    /// again after a crash that has taken it back, but not at the same time. Of a row that is backfilled it names the moment it was read:
    /// a later reading may find another state.
    func idempotencyKey(of record: Record, generation: Int) -> String {
        let time = record.at.filter(\.isNumber)
        return "\(system).\(id).\(generation).\(record.id).\(record.transaction).\(time)"
    }

    private static func requireAttached(
        _ subscription: Subscription, schema: SchemaName, on connection: Connection
    ) async throws {
        let senders = subscription.sources.map(\.sender)
        let rows = try await connection.query(
            "SELECT sender FROM \(unsafe: schema.name).attachment WHERE sender = ANY (\(senders))"
        )
        let attached = Set(try rows.map { try $0.decode(0, as: String.self) })
        guard let missing = senders.first(where: { !attached.contains($0) }) else { return }
        throw WorkerError(
            .notAttached,
            "subscription \(subscription.name): \(missing) is not captured: run `heliograph attach \(missing)`"
        )
    }
}
