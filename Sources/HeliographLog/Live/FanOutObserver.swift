/// One observer: where it stands, and what it has not taken yet. Without input or output; see ``FanOut``.
struct FanOutObserver: Sendable {
    enum Phase: Sendable, Hashable {
        /// It begins where the first window ends that is begun after this one.
        case starting(after: Int)
        /// It has a place from elsewhere, which may be newer than anything read here: it waits for such a window, too.
        case arriving(after: Int)
        /// It reads by itself.
        case behind
        /// It reads by itself up to a place where the shared reader has been or will be; what windows from this one on hold is in
        /// its buffer.
        case joining(until: Snapshot, from: Int)
        /// All it hears is in its buffer, of windows from this one on.
        case live(from: Int)
    }

    /// A place at which an observer can join: windows from this number on begin there or later.
    struct Joint {
        let until: Snapshot
        let from: Int
    }

    let scope: LiveMirror.Scope
    /// Older records are not wanted.
    let minimumID: Int64
    var demand: Demand
    private(set) var phase: Phase
    /// Everything before it has been taken, or was not wanted.
    private var place: LogPlace?
    private var buffer: LiveBuffer
    /// Told once, until it has caught up.
    private var isLagging = false
    private var owesBeginning = false
    private var owesReset = false
    /// That it begins anew is told when it has a place again: whoever loads then misses nothing behind it.
    private var resetsWhenOpened = false
    private var owesLagged = false
    private var owesCaughtUp = false
    /// What it reads by itself is void if this is another number by then.
    private var readings = 0

    init(
        scope: LiveMirror.Scope, demand: Demand, minimumID: Int64, place: LogPlace?, after number: Int,
        limits: LiveBuffer.Limits
    ) {
        self.scope = scope
        self.demand = demand
        self.minimumID = minimumID
        self.place = place
        phase = place == nil ? .starting(after: number) : .arriving(after: number)
        buffer = LiveBuffer(limits)
    }

    /// Whether this window's records go into its buffer.
    func hears(window number: Int) -> Bool {
        switch phase {
        case .joining(_, let first), .live(let first): first <= number
        case .starting, .arriving, .behind: false
        }
    }

    var isCrowded: Bool { buffer.isCrowded }

    private func wants(_ item: LiveRecord) -> Bool {
        item.record.id >= minimumID && demand.contains(item.record) && scope.includes(item)
    }

    // MARK: What the shared reader does

    /// A window has got its end.
    mutating func opened(_ number: Int, hi: LogPlace) {
        switch phase {
        case .starting(let before) where before < number:
            place = hi
            phase = .live(from: number + 1)
            owesBeginning = !resetsWhenOpened
            owesReset = resetsWhenOpened
            resetsWhenOpened = false
        case .arriving(let before) where before < number: phase = .behind
        default: break
        }
    }

    mutating func hear(_ items: [LiveRecord], of number: Int) {
        guard hears(window: number) else { return }
        for item in items where wants(item) {
            guard buffer.append(item) else { return fallBehind() }
        }
    }

    private mutating func fallBehind() {
        buffer.drop()
        phase = .behind
        owesCaughtUp = false
        if !isLagging { owesLagged = true }
        isLagging = true
    }

    /// A window is over, and all of it has been handed out.
    mutating func completed(_ number: Int, end: LogPlace, isCurrent: Bool) {
        guard case .live(let first) = phase, first <= number else { return }
        if buffer.isEmpty { place = end }
        if isCurrent { owesCaughtUp = true }
    }

    /// The server has begun another life; windows begin there from this number on.
    mutating func reset(to start: LogPlace, from number: Int) {
        switch phase {
        // What it waits for comes all the same; the first reading tells whether its place is of another life.
        case .starting, .arriving: return
        case .behind, .joining, .live: break
        }
        // One that has found out by itself has been told, and the beginning of the log is that of any life.
        guard let server = place?.server, server != start.server else {
            phase = .behind
            return
        }
        beginAgain(.live(from: number), at: start)
    }

    // MARK: What the observer does

    /// - Parameter joint: where it could join; `nil` if the shared reader does not read yet.
    mutating func next(limit: Int, joint: Joint?) -> FanOut.Action {
        if owesReset {
            owesReset = false
            return .tell([.reset])
        }
        if owesBeginning {
            owesBeginning = false
            return .tell([.caughtUp])
        }
        if owesLagged {
            owesLagged = false
            return .tell([.lagged])
        }
        if case .behind = phase, let joint { phase = .joining(until: joint.until, from: joint.from) }
        if case .joining(let until, let first) = phase, let place {
            guard place.hi == nil, place.lo == until else {
                var filter = demand.filter
                filter.minimumID = minimumID
                return .read(
                    .init(place: place, end: place.hi == nil ? until : nil, filter: filter, number: readings)
                )
            }
            phase = .live(from: first)
            owesCaughtUp = true
        }
        guard case .live = phase else { return .wait }
        let items = buffer.take(limit)
        if let last = items.last {
            place = last.place
            return .tell(items.map { .record($0) })
        }
        isLagging = false
        guard owesCaughtUp else { return .wait }
        owesCaughtUp = false
        return .tell([.caughtUp])
    }

    /// It has read by itself.
    /// - Returns: what of it is to be told.
    mutating func didRead(_ items: [LiveRecord], upTo end: LogPlace, _ reading: FanOut.Reading) -> [LiveMirror.Event] {
        guard reading.number == readings else { return [] }
        place = end
        return items.filter(wants).map { .record($0) }
    }

    /// It has read by itself, and found a server that its place does not belong to.
    mutating func didReset(_ reading: FanOut.Reading, after number: Int) {
        if reading.number == readings { beginAnew(after: number) }
    }

    /// It has no place any more: it begins where the first window ends that is begun after this one.
    mutating func beginAnew(after number: Int) { beginAgain(.starting(after: number), at: nil) }

    private mutating func beginAgain(_ phase: Phase, at place: LogPlace?) {
        self.phase = phase
        self.place = place
        buffer.drop()
        readings += 1
        isLagging = false
        owesBeginning = false
        owesLagged = false
        owesCaughtUp = false
        owesReset = place != nil
        resetsWhenOpened = place == nil
    }
}
