/// When the pump looks at the log, and when it may sleep. Without input or output.
///
/// While the flag is 0 every commit rings for itself, and the pump sleeps. While it is 1 nobody rings but the pump, which looks
/// at the log every few milliseconds. Setting it back to 0 is not the end: whoever read 1 before and has not committed yet will not
/// ring, so the pump goes on until all who were writing at that moment have ended. (`docs/models/bell.pml` proves it; without
/// that wait a commit is not heard of.)
struct PumpState: Sendable {
    enum Mode: Hashable, Sendable {
        /// The flag is 0.
        case quiet
        /// The flag is 1.
        case busy
        /// The flag is 0 again, and these transactions were writing then; `nil` until they have been listed.
        case draining(Set<String>?)
    }

    /// What the flag must be set to.
    enum Flag: Int64, Sendable {
        case quiet = 0
        case busy = 1
    }

    /// The time between two looks, in milliseconds. Longer the more records come: each bell wakes a session of the server for each
    /// process that listens, and each of these reads the log; which the writers feel.
    private(set) var interval: Int64 = 5
    /// From so many records since the last look on, by the time that has passed: the next interval.
    private static func interval(after records: Int64, in milliseconds: Int64) -> Int64 {
        switch records / milliseconds {
        case 7...: 20
        case 4...: 10
        default: 5
        }
    }
    /// So long bells are counted, while quiet.
    static let countingTime = Duration.milliseconds(100)
    /// From so many bells in that time on (160 a second) the pump rings for all: each bell makes its commit wait for all others'. Over that
    /// time, for commits come as they like: of 50 a second, by chance, 16 within 100 ms once in ten minutes, 8 within 50 ms every five seconds.
    static let bellsWhenBusy = 16
    /// So many looks are remembered: half a second of them, or one.
    static let memory = 100
    /// Fewer looks than this with something new among those remembered (70 a second): the writers can ring for themselves. Far
    /// enough from ``bellsWhenBusy`` that a steady rate does not go to and fro.
    static let findingsWhenQuiet = 35
    /// So many while draining: it was no pause.
    static let findingsWhenBusy = 50

    /// A pump that begins does not know what the one before it has left: it drains.
    private(set) var mode = Mode.draining(nil)
    private var looks: [Bool] = []
    private var newestID: Int64?

    /// Bells were heard, in ``countingTime``.
    /// - Returns: what to set the flag to, before the next look.
    mutating func heard(bells: Int) -> Flag? {
        guard case .quiet = mode, bells >= Self.bellsWhenBusy else { return nil }
        return begin(.busy)
    }

    /// The transactions that hold a writer's lock on the log. To be asked for before each look while draining.
    mutating func listed(_ writers: Set<String>) {
        guard case .draining(let known) = mode else { return }
        mode = .draining(known?.intersection(writers) ?? writers)
    }

    /// The log has been looked at.
    /// - Parameters:
    ///   - found: whether there was something new, for which the pump has rung.
    ///   - id: the newest that has been drawn.
    /// - Returns: what to set the flag to, before the next look.
    mutating func looked(found: Bool, newestID id: Int64 = 0) -> Flag? {
        interval = newestID.map { Self.interval(after: id - $0, in: interval) } ?? 5
        newestID = id
        looks.append(found)
        if looks.count > Self.memory { looks.removeFirst() }
        let findings = looks.count { $0 }
        switch mode {
        case .busy where looks.count == Self.memory && findings < Self.findingsWhenQuiet: return begin(.draining(nil))
        case .draining(let writers?) where writers.isEmpty:
            // This look came after the last of them had ended.
            mode = .quiet
            return nil
        case .draining where findings >= Self.findingsWhenBusy: return begin(.busy)
        case .quiet, .busy, .draining: return nil
        }
    }

    /// It is to end.
    /// - Returns: what to set the flag to; then it drains.
    mutating func end() -> Flag? {
        guard case .busy = mode else { return nil }
        return begin(.draining(nil))
    }

    private mutating func begin(_ next: Mode) -> Flag {
        mode = next
        looks.removeAll(keepingCapacity: true)
        return next == .busy ? .busy : .quiet
    }
}
