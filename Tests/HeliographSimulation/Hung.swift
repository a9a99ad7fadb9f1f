import Synchronization

/// Receivers that do not return, and do not heed cancellation.
final class Hung: Sendable {
    private struct State {
        var waiting: [UnsafeContinuation<Void, Never>] = []
        var isOver = false
    }
    private let state = Mutex(State())

    func wait() async {
        await withUnsafeContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.waiting.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    func release() {
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
