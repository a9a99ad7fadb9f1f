/// How one reader of the log serves all observers of a process. Without input or output.
///
/// The reader reads window after window and hands the records out to the buffers of those that are live. An observer whose buffer
/// is full loses it and reads by itself, from the place it had come to, up to the end of a window of the reader's: from there on
/// its buffer holds the rest, so that nothing is missing and nothing is there twice. It begins to fill that buffer before it reads:
/// what it reads by itself ends where the buffer begins, however long that takes.
struct FanOut: Sendable {
    /// What an observer is to do.
    enum Action: Sendable {
        case tell([LiveMirror.Event])
        case read(Reading)
        case wait
    }

    /// A piece of the log that an observer reads by itself.
    struct Reading: Sendable {
        let place: LogPlace
        /// Where a window that begins here is to end.
        let end: Snapshot?
        let filter: RecordFilter
        /// Void when its observer has begun anew since.
        let number: Int
    }

    private enum Window {
        case none
        /// It is being read for these; its end is not known.
        case begun(Demand)
        /// Its records are handed out.
        case open(hi: Snapshot)
    }

    private let limits: LiveBuffer.Limits
    private var observers: [Int: FanOutObserver] = [:]
    private var newestObserver = 0
    /// All before it has been handed out; `nil` until the reader has begun.
    private(set) var boundary: LogPlace?
    private var window = Window.none
    /// The window that was begun last.
    private var number = 0

    init(_ limits: LiveBuffer.Limits) { self.limits = limits }

    // MARK: Observers

    /// - Parameter place: where to begin; `nil` for now.
    mutating func add(
        _ scope: LiveMirror.Scope, _ demand: Demand, minimumID: Int64 = 0, from place: LogPlace? = nil
    ) -> Int {
        newestObserver += 1
        observers[newestObserver] = FanOutObserver(
            scope: scope, demand: demand, minimumID: minimumID, place: place, after: number, limits: limits
        )
        return newestObserver
    }

    mutating func remove(_ id: Int) { observers[id] = nil }

    /// What it wants from now on: all that is committed from now on of it is told.
    mutating func set(_ demand: Demand, of id: Int) { observers[id]?.demand = demand }

    /// Whether anybody wants anything.
    var isWanted: Bool { observers.values.contains { !$0.demand.isEmpty } }

    /// Whether somebody has little room left.
    var isCrowded: Bool { observers.values.contains { $0.isCrowded } }

    func phase(of id: Int) -> FanOutObserver.Phase? { observers[id]?.phase }

    /// - Parameter limit: at most so many records at once.
    mutating func next(for id: Int, limit: Int) -> Action {
        let joint = joint
        return observers[id]?.next(limit: limit, joint: joint) ?? .wait
    }

    mutating func didRead(
        _ items: [LiveRecord], upTo end: LogPlace, _ reading: Reading, for id: Int
    ) -> [LiveMirror.Event] {
        observers[id]?.didRead(items, upTo: end, reading) ?? []
    }

    mutating func didReset(_ reading: Reading, for id: Int) { observers[id]?.didReset(reading, after: number) }

    /// It is to forget its place; it is told that it begins anew.
    mutating func beginAnew(_ id: Int) { observers[id]?.beginAnew(after: number) }

    private var joint: FanOutObserver.Joint? {
        guard let boundary else { return nil }
        switch window {
        case .none: return .init(until: boundary.lo, from: number + 1)
        case .begun: return .init(until: boundary.lo, from: number)
        case .open(let hi): return .init(until: hi, from: number + 1)
        }
    }

    // MARK: The shared reader

    /// The reader is at its first place, or begins anew.
    mutating func begin(at place: LogPlace) {
        boundary = place
        window = .none
    }

    /// A window is begun where the last one ended.
    /// - Returns: what to read.
    mutating func beginWindow() -> RecordFilter {
        number += 1
        let demand = demand
        window = .begun(demand)
        return demand.filter
    }

    /// The window's end is known, and nothing of it has been handed out yet.
    /// - Returns: what to read instead, up to the same end: somebody has come who wants more, and may have been told that it is
    ///   heard of from then on. `nil` if what has been read serves all.
    mutating func open(_ hi: LogPlace) -> RecordFilter? {
        guard case .begun(let known) = window else { return nil }
        window = .open(hi: hi.lo)
        let demand = demand
        for id in Array(observers.keys) { observers[id]?.opened(number, hi: hi) }
        return known.covers(demand) ? nil : demand.filter
    }

    /// - Parameters:
    ///   - items: of the window that is open.
    ///   - end: the place behind the window if it is over.
    ///   - isCurrent: whether its end is as new as its records.
    mutating func handOut(_ items: [LiveRecord], completing end: LogPlace?, isCurrent: Bool) {
        for id in Array(observers.keys) { observers[id]?.hear(items, of: number) }
        guard let end else { return }
        for id in Array(observers.keys) { observers[id]?.completed(number, end: end, isCurrent: isCurrent) }
        boundary = end
        window = .none
    }

    /// The server has begun another life.
    mutating func reset(to place: LogPlace) {
        boundary = place
        window = .none
        for id in Array(observers.keys) { observers[id]?.reset(to: place, from: number + 1) }
    }

    /// What those want who hear the window that was begun last.
    private var demand: Demand {
        observers.values.filter { $0.hears(window: number) }.reduce(into: .none) { $0.formUnion($1.demand) }
    }
}
