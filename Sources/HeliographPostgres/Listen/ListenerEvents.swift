import Synchronization

/// What a listener tells, as a sequence for one reader. It holds a bounded number of events: a reader that is too slow is told
/// how many it has missed.
public final class ListenerEvents: AsyncSequence, Sendable {
    public typealias Element = ListenerEvent

    private struct State {
        var events: [ListenerEvent] = []
        var dropped = 0
        var isFinished = false
        var reader: CheckedContinuation<ListenerEvent?, Never>?
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = Swift.max(1, capacity) }

    func add(_ event: ListenerEvent) {
        let reader = state.withLock { state -> CheckedContinuation<ListenerEvent?, Never>? in
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            if state.events.count < capacity, state.dropped == 0 {
                state.events.append(event)
            } else {
                state.dropped += 1
            }
            return nil
        }
        reader?.resume(returning: event)
    }

    func finish() {
        let reader = state.withLock { state in
            state.isFinished = true
            return state.reader.take()
        }
        reader?.resume(returning: nil)
    }

    private func next() async -> ListenerEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let event = state.withLock { state -> ListenerEvent?? in
                    if !state.events.isEmpty { return state.events.removeFirst() }
                    if state.dropped > 0 {
                        defer { state.dropped = 0 }
                        return .dropped(state.dropped)
                    }
                    if state.isFinished || Task.isCancelled { return .some(nil) }
                    state.reader = continuation
                    return nil
                }
                if let event { continuation.resume(returning: event) }
            }
        } onCancel: {
            let reader = state.withLock { $0.reader.take() }
            reader?.resume(returning: nil)
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(events: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let events: ListenerEvents
        public mutating func next() async -> ListenerEvent? { await events.next() }
    }
}
