import CAllocations
import HeliographSignals

/// A send to receivers that do next to nothing.
struct DispatchMeasure {
    let area: SignalsArea
    let peer: PythonPeer?

    private static let counts = [0, 1, 10, 100, 1_000]

    /// What receivers are told: they count, so that no one can leave them out.
    struct Event {
        var heard = 0
    }

    private enum Kind: String {
        case immediate = "sync"
        case waiting = "async"
        /// With a sender that has to be compared.
        case bound
    }

    private struct Series: Hashable {
        let kind: Kind
        let receivers: Int
    }

    func run() async throws {
        let all =
            Self.counts.map { Series(kind: .immediate, receivers: $0) }
            + [1, 100].flatMap { [Series(kind: .waiting, receivers: $0), Series(kind: .bound, receivers: $0)] }
        var times: [Series: [Double]] = [:]
        var allocations: [Series: Double] = [:]
        var django: [Int: [Double]] = [:]
        for round in 0...area.rounds {
            for series in all {
                let (nanoseconds, blocks) = try await sends(series)
                allocations[series] = blocks
                if round > 0 { times[series, default: []].append(nanoseconds) }
            }
            for count in Self.counts {
                let sends = area.isQuick ? 10 : max(100, 100_000 / max(1, count))
                guard let answer = try peer?.run("\(count)", sends), round > 0 else { continue }
                django[count, default: []].append(answer.seconds * 1e9 / Double(sends))
            }
            if area.isQuick { return }
        }
        report(times, allocations, django)
    }

    private func report(
        _ times: [Series: [Double]], _ allocations: [Series: Double], _ django: [Int: [Double]]
    ) {
        let rounds = area.rounds
        func median(_ kind: Kind, _ count: Int) -> Double {
            times[Series(kind: kind, receivers: count)]?.median ?? .nan
        }
        for count in Self.counts {
            let goal: Measure.Goal = count == 0 ? .atMost(5) : count == 1 ? .atMost(50) : .none
            area.report.add("signals.dispatch.\(count)", median(.immediate, count), "ns a send", goal, rounds: rounds)
        }
        for count in [1, 100] {
            area.report.add("signals.dispatch.async.\(count)", median(.waiting, count), "ns a send", rounds: rounds)
            area.report.add("signals.dispatch.bound.\(count)", median(.bound, count), "ns a send", rounds: rounds)
        }
        area.report.add(
            "signals.dispatch.linear", median(.immediate, 1_000) / median(.immediate, 100) / 10,
            "ratio of the time a receiver with 1,000 to that with 100", .atMost(1.2), rounds: rounds)
        for (name, kind, count) in [("sync", Kind.immediate, 1_000), ("async", .waiting, 100)]
        where allocations_are_known() != 0 {
            area.report.add(
                "signals.dispatch.allocations.\(name)",
                allocations[Series(kind: kind, receivers: count)] ?? .nan,
                "allocations a send to \(count) receivers", .atMost(0.01), rounds: rounds)
        }
        for count in Self.counts {
            let theirs = django[count]?.median ?? .nan
            area.report.add("signals.dispatch.django.\(count)", theirs, "ns a send", rounds: rounds)
            let goal: Measure.Goal = count == 1 || count == 100 ? .atLeast(40) : .none
            area.report.add(
                "signals.dispatch.vs-django.\(count)", theirs / median(.immediate, count), "times as fast as Django",
                goal, rounds: rounds)
        }
    }

    /// - Returns: nanoseconds, and blocks allocated, of one send.
    private func sends(_ series: Series) async throws -> (nanoseconds: Double, blocks: Double) {
        let signal = Signal<Event>("bench")
        for number in 0..<series.receivers {
            switch series.kind {
            case .immediate: signal.connect(ReceiverID("receiver \(number)")) { $0.heard += 1 }
            case .bound: signal.connect(ReceiverID("receiver \(number)"), from: "sender") { $0.heard += 1 }
            case .waiting:
                signal.connect(ReceiverID("receiver \(number)")) { event async in
                    await Self.pause(event)
                    event.heard += 1
                }
            }
        }
        let count = area.isQuick ? 100 : 2_000_000 / max(1, series.receivers)
        var event = Event()
        // A task keeps what its frames need: the first sends find it.
        let sender: SignalSender? = series.kind == .bound ? "sender" : nil
        for _ in 0..<10 { try await signal.send(&event, from: sender) }
        event.heard = 0
        let blocks = allocations_count()
        let sample = try await Sample.take { for _ in 0..<count { try await signal.send(&event, from: sender) } }
        guard event.heard == count * series.receivers else { throw WrongAnswer() }
        return (
            sample.seconds * 1e9 / Double(count),
            Double(Int64(bitPattern: allocations_count() &- blocks)) / Double(count)
        )
    }

    /// Does not wait, but nobody knows.
    @inline(never) private static func pause(_ event: Event) async {}
}
