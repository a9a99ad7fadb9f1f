import Dispatch
public import Logging
import Synchronization

/// One session on a PostgreSQL server, over libpq.
///
/// Statements of one connection run one after the other, in the order of their calls. No call blocks a thread: the task is
/// suspended while the server works. Cancelling the task cancels the statement on the server and leaves the connection usable.
///
/// ```swift
/// let connection = try await Connection.connect(.init("postgres:///bookshop"))
/// let rows = try await connection.query("SELECT id, email FROM users WHERE id = \(id)")
/// ```
public actor Connection {
    /// The process id of the session's backend, as `pg_stat_activity` shows it.
    public nonisolated let backendProcessID: Int32
    /// When the session was opened.
    public nonisolated let openedAt = ContinuousClock.now
    /// The server's version, such as 150018.
    public nonisolated let serverVersion: Int

    let link: Link
    /// Where the socket is watched: by the reactor on whose thread the connection was used last.
    private var reactor: Reactor<SystemPoller>
    private nonisolated let home: Atomic<Int>
    private nonisolated let rests = Atomic<Bool>(true)
    nonisolated let canceller: CancelHandle
    nonisolated let socket: SocketHandle
    /// A command that is due again after a reset.
    let settings: String?
    private var gate = Gate()
    private var statementsFailed = 0
    private var isShutDown = false
    /// Whether input has been read since the last statement was sent, so that the rest of it may lie in the socket unannounced.
    private var hasConsumed = true
    private var watch = BusyWatch()
    /// How many statements the server has been sent together.
    var statementsUnderWay = 1
    var section: Section?
    var sectionCount = 0
    private var cursorCount = 0
    var statements: StatementCache

    /// Blocking work of libpq: name resolution, the TLS and password exchange.
    private static let connectQueue = DispatchQueue(label: "heliograph.connect", attributes: .concurrent)

    /// Opens a session.
    /// - Throws: ``PostgresError`` with `connectionFailed`, within the configuration's time-out.
    public static func connect(
        _ configuration: ConnectionConfiguration,
        logger: Logger = Logger(label: "heliograph.postgres", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> Connection {
        try Task.checkCancellation()
        guard let reactor = SharedReactor.first else {
            throw PostgresError(.connectionFailed, "the system has no file descriptor left to wait for connections")
        }
        let keywords = try configuration.keywords()
        let settings = try configuration.sessionSettings()
        let statementCacheCapacity = configuration.statementCacheCapacity
        let connection = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Connection, any Error>) in
            connectQueue.async {
                do {
                    let link = try Link.connect(keywords: keywords, logger: logger)
                    guard let socket = SocketHandle(duplicating: link.descriptor), reactor.add(socket.number) else {
                        throw PostgresError(.connectionFailed, "the process has no file descriptor left")
                    }
                    guard let canceller = link.makeCancelHandle(socket: socket) else {
                        throw PostgresError(.connectionFailed, "libpq has no memory for a connection")
                    }
                    continuation.resume(
                        returning: Connection(
                            link: link, socket: socket, canceller: canceller, reactor: reactor,
                            settings: settings, statementCacheCapacity: statementCacheCapacity
                        )
                    )
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
        if Task.isCancelled {
            await connection.close()
            throw CancellationError()
        }
        try await connection.prepareSession(within: configuration.connectTimeout)
        return connection
    }

    /// Says what is due in a new session; closes it if that does not go well.
    private func prepareSession(within limit: Duration) async throws {
        guard let settings else { return }
        let timeout = LeaseTimeout(limit) { [self] in abort() }
        timeout.start()
        defer { timeout.stop() }
        do {
            try await runScript(unsafe: settings)
        } catch {
            close()
            guard let error = error as? PostgresError else { throw error }
            throw PostgresError(.connectionFailed, error.message, sqlState: error.sqlState, hint: error.hint)
        }
    }

    private init(
        link: sending Link, socket: SocketHandle, canceller: CancelHandle, reactor: Reactor<SystemPoller>,
        settings: String?, statementCacheCapacity: Int
    ) {
        self.settings = settings
        self.backendProcessID = link.backendProcessID
        self.serverVersion = link.serverVersion
        self.canceller = canceller
        self.socket = socket
        self.statements = StatementCache(capacity: statementCacheCapacity)
        self.reactor = reactor
        self.home = Atomic(reactor.number)
        self.link = link
    }

    isolated deinit { shutDown() }

    /// The number of the reactor that watches the socket.
    nonisolated var reactorNumber: Int { home.load(ordering: .relaxed) }

    /// Whether the session is open, as far as this side knows.
    public var isOpen: Bool { link.isOpen }

    /// Whether nothing is under way and no transaction is open, for who used it last: known without a change of threads.
    nonisolated var isAtRest: Bool { rests.load(ordering: .relaxed) && !socket.isCut }

    /// Whether no transaction is open.
    public var isIdle: Bool { link.isOpen && link.isIdle }

    /// Whether a statement failed in the open transaction, so that it can only be rolled back.
    public var isInFailedTransaction: Bool { link.isInFailedTransaction }

    /// How many statements the server has refused on this connection.
    public var failedStatementCount: Int { statementsFailed }

    /// Ends the session. A statement that runs in another task fails with `connectionLost`.
    public func close() { shutDown() }

    /// Cuts the socket at once, from any thread: whatever waits on this connection fails with `connectionLost`.
    public nonisolated func abort() { socket.shutDown() }

    private func shutDown() {
        guard !isShutDown else { return }
        isShutDown = true
        rests.store(false, ordering: .relaxed)
        // In this order: nobody waits for the descriptor when it is closed, and whoever did finds the link closed.
        link.finish()
        reactor.remove(socket.number)
        socket.close()
    }

    /// Waits until all earlier calls have finished, and keeps later ones out until ``leave()``.
    func enter() async throws(PostgresError) {
        if !gate.tryEnter() {
            if section != nil, Self.sectionOwner == ObjectIdentifier(self) {
                throw PostgresError(
                    .invalidUse,
                    "the connection is busy with the rows or the COPY of this closure: use another one in it"
                )
            }
            await withCheckedContinuation { gate.enqueue($0) }
        }
        rests.store(false, ordering: .relaxed)
    }

    func leave() {
        rests.store(isIdle && !gate.isAwaited, ordering: .relaxed)
        gate.leave()
    }

    /// A number for the next cursor's name.
    func nextCursor() -> Int {
        cursorCount += 1
        return cursorCount
    }

    /// Runs `body` when all earlier calls have finished, with the task's cancellation passed on to the server.
    ///
    /// A statement that does not end within some seconds of its task's cancellation loses its connection: the server or the
    /// network is frozen.
    /// - Parameter shielded: do it even if the task has been cancelled, and do not cancel it: for ROLLBACK and the like.
    func exclusively<R: Sendable>(shielded: Bool = false, _ body: () async throws -> R) async throws -> R {
        try await enter()
        defer { leave() }
        guard link.isOpen else { throw link.lost() }
        if !shielded { try Task.checkCancellation() }
        canceller.begin(isShielded: shielded)
        do {
            let canceller = canceller
            let result = try await withTaskCancellationHandler(operation: body) { canceller.cancel() }
            if canceller.end() == nil { await canceller.settle() }
            return result
        } catch {
            if !link.isOpen { canceller.answered() }
            let wasCancelled = await canceller.settle()
            if let error = error as? PostgresError {
                if error.code == .server { statementsFailed += 1 }
                if !shielded, wasCancelled, error.sqlState == .queryCanceled { throw CancellationError() }
            }
            // The connection of a cancelled statement was cut, by a time-out or by the server: it is a cancellation still.
            if !shielded, Task.isCancelled, !link.isOpen { throw CancellationError() }
            throw error
        }
    }

    /// Sends what libpq has buffered; reads meanwhile, since a server whose answers nobody takes stops listening.
    func flush() async throws {
        hasConsumed = false
        while try link.flush() {
            try await reactor.wait(socket.number, for: .readableOrWritable)
            try consume()
        }
    }

    /// The next result, waiting for the server; `nil` at the end of a statement's results.
    func receive() async throws -> ResultStorage? {
        while link.isBusy { try await readMore() }
        return link.nextResult()
    }

    /// Waits for input and reads it.
    /// - Parameter isAnswer: whether it is the answer to a statement, and so to be expected.
    func readMore(isAnswer: Bool = true) async throws {
        if !hasConsumed || !socket.hasBytes {
            if isAnswer {
                settleHere()
                let isOnlyOne = reactor.waits.begin()
                defer { reactor.waits.end() }
                if !(isOnlyOne && !reactor.isNeededHere && watch.isWorthIt && glance()) {
                    try await reactor.wait(socket.number, for: .readable, isAnswer: true)
                }
            } else {
                try await reactor.wait(socket.number, for: .readable)
            }
        }
        try consume()
    }

    /// Has the socket watched by the reactor whose thread this is, or the first if it is none's. To be called while nobody waits for it:
    /// what has arrived is announced anew, since a socket that has something when its watch begins makes an edge.
    private func settleHere() {
        let here = SharedReactor.here ?? 0
        guard here != reactor.number else { return }
        let next = SharedReactor.all[here]
        // Watched twice for a moment rather than not at all.
        guard next.add(socket.number) else { return }
        reactor.remove(socket.number)
        reactor = next
        home.store(here, ordering: .relaxed)
    }

    /// Looks at the socket for a moment, while nobody else in the process waits for an answer.
    /// - Returns: whether something has arrived.
    private func glance() -> Bool {
        let found = BusyWatch.look(
            limit: BusyWatch.limit(statements: statementsUnderWay - 1), until: { socket.hasBytes },
            while: { reactor.waits.isOnlyOne && !reactor.isNeededHere })
        watch.note(found)
        return found
    }

    private func consume() throws {
        hasConsumed = true
        try link.consume()
    }
}
