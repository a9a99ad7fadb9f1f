import Heliograph
import Synchronization

/// What an observer has been told so far.
final class Heard: Sendable {
    private struct State {
        var records: [LiveRecord] = []
        var hasBegun = false
        var lags = 0
        var resets = 0
    }

    private let state = Mutex(State())

    var records: [LiveRecord] { state.withLock { $0.records } }
    var hasBegun: Bool { state.withLock { $0.hasBegun } }
    var lags: Int { state.withLock { $0.lags } }
    var resets: Int { state.withLock { $0.resets } }
    var count: Int { state.withLock { $0.records.count } }

    func note(_ event: LiveMirror.Event) {
        state.withLock { state in
            switch event {
            case .record(let live): state.records.append(live)
            case .caughtUp: state.hasBegun = true
            case .lagged: state.lags += 1
            case .reset: state.resets += 1
            }
        }
    }
}
