/// What a pool knows, and what to do next: without input or output, so that it can be tested without a server.
///
/// Connections are counted from the moment somebody starts to open one. Whoever waits is served in the order of arrival: by a
/// connection that comes back, or by the permission to open one when a place has become free.
struct PoolState<Connection> {
    enum Lease {
        /// An idle one, and since when it has been.
        case use(Connection, since: ContinuousClock.Instant)
        case open
        case wait
        case refuse
    }

    enum Hand {
        /// The waiter gets this connection.
        case connection(Connection)
        /// The waiter may open one.
        case open
    }

    private let maximum: Int
    private var idle: [(connection: Connection, since: ContinuousClock.Instant)] = []
    private var count = 0
    private var waiting: [Int] = []
    private(set) var isShutDown = false

    init(maximum: Int) { self.maximum = maximum }

    var openCount: Int { count }
    var idleCount: Int { idle.count }
    var waitingCount: Int { waiting.count }

    /// Somebody wants a connection.
    /// - Parameter isNear: whether one is to be preferred among those that are idle.
    mutating func lease(preferring isNear: (@Sendable (Connection) -> Bool)? = nil) -> Lease {
        if isShutDown { return .refuse }
        if waiting.isEmpty, !idle.isEmpty {
            // The warmest one.
            let place = isNear.flatMap { isNear in idle.lastIndex { isNear($0.connection) } } ?? idle.count - 1
            let lent = idle.remove(at: place)
            return .use(lent.connection, since: lent.since)
        }
        if waiting.isEmpty, count < maximum {
            count += 1
            return .open
        }
        return .wait
    }

    mutating func enqueue(_ waiter: Int) { waiting.append(waiter) }

    /// Serves the first in the queue from what became free before it stood there.
    mutating func serveFirst() -> (waiter: Int, hand: Hand)? {
        guard !isShutDown, let first = waiting.first else { return nil }
        if let last = idle.popLast() {
            waiting.removeFirst()
            return (first, .connection(last.connection))
        }
        guard count < maximum else { return nil }
        waiting.removeFirst()
        count += 1
        return (first, .open)
    }

    /// Whether fewer than so many are open; then the caller may open one, which counts from now on.
    mutating func reserve(below minimum: Int) -> Bool {
        guard !isShutDown, count < min(minimum, maximum) else { return false }
        count += 1
        return true
    }

    /// Takes out idle connections that are not to be used again.
    mutating func remove(where isTooOld: (Connection) -> Bool) -> [Connection] {
        let removed = idle.filter { isTooOld($0.connection) }.map(\.connection)
        idle.removeAll { isTooOld($0.connection) }
        count -= removed.count
        return removed
    }

    /// A waiter gives up.
    /// - Returns: whether it was still waiting; if not, it has been handed something.
    mutating func cancel(_ waiter: Int) -> Bool {
        guard let place = waiting.firstIndex(of: waiter) else { return false }
        waiting.remove(at: place)
        return true
    }

    /// A usable connection comes back.
    /// - Returns: who gets it; `nil` when it is kept, unless `close` is set.
    mutating func give(
        back connection: Connection, at now: ContinuousClock.Instant
    ) -> (waiter: Int?, close: Bool) {
        if isShutDown {
            count -= 1
            return (nil, true)
        }
        if let first = waiting.first {
            waiting.removeFirst()
            return (first, false)
        }
        idle.append((connection, now))
        return (nil, false)
    }

    /// A connection is gone, or could not be opened.
    /// - Returns: who may open one in its place.
    mutating func lose() -> Int? {
        count -= 1
        guard !isShutDown, let first = waiting.first, count < maximum else { return nil }
        waiting.removeFirst()
        count += 1
        return first
    }

    /// Takes out the connections that nobody has used since then, but leaves `minimum` open.
    mutating func reap(idleSince limit: ContinuousClock.Instant, minimum: Int) -> [Connection] {
        var reaped: [Connection] = []
        while count > minimum, let oldest = idle.first, oldest.since < limit {
            idle.removeFirst()
            count -= 1
            reaped.append(oldest.connection)
        }
        return reaped
    }

    /// Ends the pool: the idle connections are to be closed, the waiters to be refused; leased ones are closed as they come back.
    mutating func shutDown() -> (idle: [Connection], waiters: [Int]) {
        isShutDown = true
        defer {
            count -= idle.count
            idle = []
            waiting = []
        }
        return (idle.map(\.connection), waiting)
    }
}
