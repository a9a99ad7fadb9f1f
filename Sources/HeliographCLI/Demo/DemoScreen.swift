import Heliograph
import HeliographProgram
import Synchronization

/// Shows signals as they come: of each kind the first few of a step, and then how many more there were.
final class DemoScreen: Sendable {
    private struct State {
        var shown: [String: Int] = [:]
        var told = 0
    }

    /// So many of a kind are shown in a step.
    private static let limit = 3

    private let state = Mutex(State())

    /// How many records it has been told of.
    var told: Int { state.withLock { $0.told } }

    func title(_ text: String) {
        Terminal.say("")
        Terminal.say(Terminal.colour("── \(text)", 1))
    }

    func show(_ record: Record) {
        let kind = "\(record.signal) \(record.sender) \(record.operation.rawValue)"
        let isShown = state.withLock { state in
            state.told += 1
            state.shown[kind, default: 0] += 1
            return state.shown[kind, default: 0] <= Self.limit
        }
        if isShown { Terminal.say("   " + Self.shortened(RecordLine.text(of: record))) }
    }

    /// Says what was not shown, and begins anew.
    func endStep() {
        let shown = state.withLock { state in
            defer { state.shown = [:] }
            return state.shown
        }
        for (kind, count) in shown.sorted(by: { $0.key < $1.key }) where count > Self.limit {
            Terminal.say(Terminal.colour("   … and \(count - Self.limit) more: \(kind)", 2))
        }
    }

    private static func shortened(_ line: String) -> String {
        line.count > 160 ? line.prefix(159) + "…" : line
    }
}
