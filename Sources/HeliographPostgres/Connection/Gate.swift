/// Lets one caller at a time through, in the order of arrival.
///
/// An actor is re-entrant: while one query waits for the server a second one could start on the same connection. Not thread-safe;
/// it belongs to the actor that it guards.
struct Gate {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var head = 0

    /// Takes the gate if it is free.
    mutating func tryEnter() -> Bool {
        if isTaken { return false }
        isTaken = true
        return true
    }

    /// Queues a caller whom ``tryEnter()`` turned away. It holds the gate when it is resumed.
    mutating func enqueue(_ continuation: CheckedContinuation<Void, Never>) { waiting.append(continuation) }

    /// Whether somebody is queued.
    var isAwaited: Bool { head < waiting.count }

    /// Hands the gate on.
    mutating func leave() {
        guard head < waiting.count else {
            waiting.removeAll(keepingCapacity: true)
            head = 0
            isTaken = false
            return
        }
        let next = waiting[head]
        head += 1
        next.resume()
    }
}
