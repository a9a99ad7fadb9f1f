public import HeliographLog
public import HeliographModels
import HeliographSignals

extension Subscription {
    /// A receiver of a model's changes.
    /// - Parameters:
    ///   - changes: which; default: all but `truncated`.
    ///   - columns: of updates only those that change one of these. Default: all updates.
    ///   - isWanted: the others are passed over. Default: all are wanted.
    public init<M: Model>(
        _ name: String, on model: M.Type, _ changes: Change..., changing columns: [String] = [], revision: Int = 1,
        lanes: Int = 32, start: Start = .now, retry: RetryPolicy = .init(), timeout: Duration = .seconds(20),
        where isWanted: (@Sendable (Event<M>) throws -> Bool)? = nil,
        receive: @escaping @Sendable (Event<M>, Transaction) async throws -> Void
    ) {
        self.init(
            name, sources: [Self.source(model, changes, columns)], revision: revision, lanes: lanes, start: start,
            retry: retry, timeout: timeout, defect: Self.defect(model, columns),
            prepare: { $0.decodeAhead(as: M.self) },
            receiver: .transactional(
                .each { record, transaction in
                    let event = try Event<M>(record)
                    if try isWanted?(event) ?? true { try await receive(event, transaction) }
                }))
    }

    /// A receiver of many changes of a model at once, in the order of the log.
    ///
    /// ```swift
    /// Subscription("create-profile", batchesOf: User.self, .created) { events, tx in
    ///     try await tx.execute("""
    ///         INSERT INTO profiles (user_id) SELECT id FROM users WHERE id = ANY (\(events.map(\.instance.id)))
    ///         ON CONFLICT DO NOTHING
    ///         """)
    /// }
    /// ```
    /// - Parameters:
    ///   - columns: of updates only those that change one of these. Default: all updates.
    ///   - isWanted: the others are passed over; where none is left the receiver is not called. Default: all are wanted.
    public init<M: Model>(
        _ name: String, batchesOf model: M.Type, _ changes: Change..., changing columns: [String] = [],
        revision: Int = 1, lanes: Int = 32, start: Start = .now, retry: RetryPolicy = .init(),
        timeout: Duration = .seconds(20), where isWanted: (@Sendable (Event<M>) throws -> Bool)? = nil,
        receive: @escaping @Sendable ([Event<M>], Transaction) async throws -> Void
    ) {
        self.init(
            name, sources: [Self.source(model, changes, columns)], revision: revision, lanes: lanes, start: start,
            retry: retry, timeout: timeout, defect: Self.defect(model, columns),
            prepare: { $0.decodeAhead(as: M.self) },
            receiver: .transactional(
                .batch { records, transaction in
                    var events = try records.map(Event<M>.init)
                    if let isWanted { events = try events.filter(isWanted) }
                    if !events.isEmpty { try await receive(events, transaction) }
                }))
    }

    /// A receiver of a model's changes that acts on the outside world: see ``ExternalCall``.
    /// - Parameters:
    ///   - changes: which; default: all but `truncated`.
    ///   - columns: of updates only those that change one of these. Default: all updates.
    ///   - concurrency: so many calls at the same time in this process, of different rows. Default: 8.
    ///   - isWanted: the others are passed over. Default: all are wanted.
    public init<M: Model>(
        _ name: String, externalOn model: M.Type, _ changes: Change..., changing columns: [String] = [],
        revision: Int = 1, lanes: Int = 32, start: Start = .now, retry: RetryPolicy = .init(),
        timeout: Duration = .seconds(20), concurrency: Int = 8,
        where isWanted: (@Sendable (Event<M>) throws -> Bool)? = nil,
        receive: @escaping @Sendable (Event<M>, ExternalCall) async throws -> Void
    ) {
        self.init(
            name, sources: [Self.source(model, changes, columns)], revision: revision, lanes: lanes, start: start,
            retry: retry, timeout: timeout, concurrency: concurrency, defect: Self.defect(model, columns),
            prepare: { $0.decodeAhead(as: M.self) },
            receiver: .external(
                .each { record, call in
                    let event = try Event<M>(record)
                    if try isWanted?(event) ?? true { try await receive(event, call) }
                }))
    }

    private static func source<M: Model>(
        _ model: M.Type, _ changes: [Change], _ columns: [String]
    ) -> RecordFilter.Source {
        let wanted = changes.isEmpty ? [.created, .updated, .deleted] : changes
        return RecordFilter.Source(
            sender: M.mapping.sender.name, operations: wanted.map(\.operation), changing: columns)
    }

    private static func defect<M: Model>(_ model: M.Type, _ columns: [String]) -> String? {
        let known = M.mapping.table.columns.map(\.name)
        return columns.first { !known.contains($0) }.map {
            "\(model) has no column \"\($0)\"; it has \(known.joined(separator: ", "))"
        }
    }
}
