public import HeliographModels
public import HeliographPostgres
public import HeliographSignals
public import Logging
public import ServiceLifecycle
import Synchronization

/// Tells everybody in this process what is committed: one reader of the log for all who observe.
///
/// ```swift
/// let mirror = try LiveMirror(configuration, bell: bell, database: database, logger: logger)
/// mirror.connect("user-cache", on: User.self) { event in await cache.update(event) }
/// // or, in a task of its own:
/// for try await event in mirror.events(.everywhere) {
///     if case .record(let live) = event { print(live.record.json, live.isOwn) }
/// }
/// ```
///
/// Every process hears every change, once while it lives, in log order: the changes of one row as they were committed, and a change
/// that was made after another had been committed after that one. What this process commits through its `Database` is read at
/// once, and is told in the same order as everything else, marked as its own.
///
/// It is for what lives and dies with the process: caches, web sockets, server-sent events. It begins with the present, and keeps
/// no place: effects that must happen belong to a subscription.
///
/// ## Topics
/// ### As a sequence
/// - ``events(_:sources:from:)``
/// ### As receivers
/// - ``connect(_:on:_:scope:receive:)``
/// - ``connect(_:from:scope:receive:)``
/// - ``disconnect(_:from:)``
/// - ``beginnings``
public final class LiveMirror: Service, Sendable {
    private enum Ending {
        case finished
        case failed(any Error)
    }

    private struct State {
        var fanOut: FanOut
        /// Those that cannot go on, and why.
        var failed: [Int: any Error] = [:]
        var waiters: [Int: BellWaiter] = [:]
        var ending: Ending?
    }

    /// What an observer is to do.
    enum Action {
        case observer(FanOut.Action)
        case finish
        case fail(any Error)
    }

    /// Sent when the mirror begins to follow the log, and after each ``Event/reset``: what receivers derive from the database is
    /// to be loaded now. What commits afterwards is told to them.
    public let beginnings = Signal<Void>("beginnings")

    let records = Signal<LiveRecord>("records")
    let logger: Logger
    private let state: Mutex<State>
    /// The observer that runs the receivers.
    private let dispatcher: Int
    private let database: Database?
    private let reading: LogFollower
    private let catchingUp: LogFollower
    private let own = Mutex<OwnRecords?>(nil)
    /// Wakes the shared reader.
    private let waker: BellWaiter

    /// - Parameters:
    ///   - configuration: where to read. The mirror has connections of its own: one, and more for observers that fall behind.
    ///   - bell: wakes the reader; it is run as a service of its own.
    ///   - database: whose transactions are this process's own. `nil` for a process that only reads.
    /// - Throws: ``LogError`` with `badArgument` if the database has no origin, or another log.
    public init(
        _ configuration: ConnectionConfiguration, bell: Bell, database: Database? = nil,
        schema: SchemaName = .standard, settings: Configuration = .init(), logger: Logger
    ) throws(LogError) {
        if let database {
            guard database.origin != nil else {
                throw LogError(
                    .badArgument,
                    "the database has no origin, so its changes cannot be told from others': give it SignalContext.makeOrigin(…)"
                )
            }
            guard database.logSchema == schema.name else {
                throw LogError(
                    .badArgument,
                    "the database's log is \"\(database.logSchema)\", the mirror's \"\(schema)\": name one"
                )
            }
        }
        self.database = database
        self.logger = logger
        func follower(_ connections: Int) -> LogFollower {
            LogFollower(
                pool: ConnectionPool(.init(configuration, maximum: connections), logger: logger), bell: bell,
                schema: schema, batchSize: settings.batchSize, pollInterval: settings.pollInterval, logger: logger
            )
        }
        reading = follower(1)
        catchingUp = follower(settings.connectionsForSlow)
        waker = bell.makeWaiter()
        var fanOut = FanOut(.init(records: settings.bufferedRecords, bytes: settings.bufferedBytes))
        dispatcher = fanOut.add(.everywhere, .none)
        state = Mutex(State(fanOut: fanOut))
    }

    /// Reads and tells until shutdown; then all sequences end.
    /// - Throws: ``LogError`` for a set-up that cannot work; `PostgresError` when the server cannot be reached at the start. Later
    ///   it goes on trying, whatever happens.
    public func run() async throws {
        do {
            try await hearingCommits {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { [self] in
                        var reader = SharedReader(mirror: self, log: reading, waker: waker)
                        try await reader.run()
                    }
                    group.addTask { [self] in await dispatch(LiveEvents.Iterator(takeSeat(dispatcher))) }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
            await end(.finished)
        } catch {
            await end(.failed(error))
            throw error
        }
    }

    /// This process's own commits wake the reader, without waiting for a bell.
    private func hearingCommits(_ body: () async throws -> Void) async throws {
        guard let database else { return try await body() }
        let id = ReceiverID("heliograph.mirror-\(UInt64.random(in: .min ... .max))")
        let waker = waker
        try await database.signals.committed.withConnected(id, { _ in waker.ring() }, perform: body)
    }

    private func end(_ ending: Ending) async {
        let waiters = state.withLock { state in
            state.ending = ending
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.ring() }
        await reading.pool.shutDown()
        await catchingUp.pool.shutDown()
    }

    // MARK: Observers

    /// What is committed, as a sequence that begins when it is iterated.
    ///
    /// It ends when the mirror does, when the task is cancelled, or its service group shuts down. Lost connections are made again.
    /// Iterating throws what else keeps the log from being read, ``LogError`` or `PostgresError`: begin another one then.
    /// - Parameters:
    ///   - sources: the tables and operations to hear of. Default: all.
    ///   - start: where to begin. Default: with what commits from now on; the first ``Event/caughtUp`` says that it has begun.
    public func events(
        _ scope: Scope, sources: [RecordFilter.Source]? = nil, from start: LogFollower.Start = .now
    ) -> LiveEvents {
        LiveEvents(mirror: self, scope: scope, demand: Demand(sources), start: start)
    }

    func join(_ scope: Scope, _ demand: Demand, from start: LogFollower.Start) -> LiveSeat {
        let id = state.withLock { state in
            switch start {
            case .now: state.fanOut.add(scope, demand)
            case .beginning: state.fanOut.add(scope, demand, from: LogPlace(lo: .beginning))
            case .id(let id): state.fanOut.add(scope, demand, minimumID: id, from: LogPlace(lo: .beginning))
            case .place(let place): state.fanOut.add(scope, demand, from: place)
            }
        }
        waker.ring()
        return takeSeat(id)
    }

    private func takeSeat(_ id: Int) -> LiveSeat {
        let seat = LiveSeat(mirror: self, id: id)
        state.withLock { $0.waiters[id] = seat.waiter }
        return seat
    }

    func leave(_ id: Int) {
        state.withLock { state in
            state.waiters[id] = nil
            state.failed[id] = nil
            state.fanOut.remove(id)
        }
    }

    func next(for id: Int, limit: Int) -> Action {
        state.withLock { state in
            switch state.ending {
            case .finished: .finish
            case .failed(let error): .fail(error)
            case nil: state.failed[id].map { .fail($0) } ?? .observer(state.fanOut.next(for: id, limit: limit))
            }
        }
    }

    var hasEnded: Bool { state.withLock { $0.ending != nil } }

    /// Reads for an observer that is behind.
    func read(_ reading: FanOut.Reading, for id: Int) async throws -> [Event] {
        let window = try await catchingUp.read(reading.place, reading.filter, upTo: reading.end)
        guard reading.place.belongs(to: window) else {
            state.withLock { $0.fanOut.didReset(reading, for: id) }
            waker.ring()
            return []
        }
        let items = mark(window, from: reading.place)
        return state.withLock {
            $0.fanOut.didRead(items, upTo: reading.place.behind(window), reading, for: id)
        }
    }

    // MARK: The shared reader

    func begin(at place: LogPlace) { state.withLock { $0.fanOut.begin(at: place) } }

    /// Finds out which role writes for this process.
    func learnOwn() async throws {
        guard own.withLock({ $0 == nil }) else { return }
        let row = try await database?.pool.query("SELECT session_user::text").first
        let known = OwnRecords(origin: database?.origin, writer: try row?.decode(0) ?? "")
        own.withLock { $0 = known }
    }

    func mark(_ window: Window, from place: LogPlace) -> [LiveRecord] {
        let own = own.withLock { $0 } ?? OwnRecords(origin: nil, writer: "")
        return own.mark(window, from: place)
    }

    var isWanted: Bool { state.withLock { $0.fanOut.isWanted } }
    var isCrowded: Bool { state.withLock { $0.fanOut.isCrowded } }

    func beginWindow() -> RecordFilter { state.withLock { $0.fanOut.beginWindow() } }

    func open(_ hi: LogPlace) -> RecordFilter? { state.withLock { $0.fanOut.open(hi) } }

    func handOut(_ items: [LiveRecord], completing end: LogPlace?, isCurrent: Bool) {
        change { $0.handOut(items, completing: end, isCurrent: isCurrent) }
    }

    func reset(to place: LogPlace) { change { $0.reset(to: place) } }

    private func change(_ body: (inout FanOut) -> Void) {
        let waiters = state.withLock { state in
            body(&state.fanOut)
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.ring() }
    }

    /// The log cannot be read, and not for want of a connection. The sequences are told; the receivers are told when it can be again.
    func interrupt(_ error: any Error) {
        let waiters = state.withLock { state in
            for id in state.waiters.keys where id != dispatcher {
                state.failed[id] = error
                state.fanOut.remove(id)
            }
            state.fanOut.beginAnew(dispatcher)
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.ring() }
    }

    /// The receivers' observer cannot go on from where it is.
    func beginReceiversAnew() {
        state.withLock { $0.fanOut.beginAnew(dispatcher) }
        waker.ring()
    }

    // MARK: Receivers

    /// The receivers' wants are those of their observer. Here, so that what commits when a receiver has been connected is told.
    func demandForReceivers() {
        let records = records
        state.withLock { state in
            let senders = records.senders?.map {
                RecordFilter.Source(sender: $0.name, operations: AttachOptions.Operation.allCases)
            }
            state.fanOut.set(Demand(senders), of: dispatcher)
        }
        waker.ring()
    }
}
