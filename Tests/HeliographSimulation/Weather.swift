import Synchronization

/// How bad it is: what befalls requests, receivers and processes.
final class Weather: Sendable {
    /// What becomes of a request.
    enum Fate {
        case answered
        /// It is not carried out.
        case lost
        /// It is carried out, but nobody hears of it.
        case unanswered
        /// Nobody hears of it, and it is carried out when the worker has long given it up.
        case late(Duration)
    }

    private let isOver = Atomic(false)
    /// One request in so many is lost.
    private let losses = Int.random(in: 15...400)
    /// Of the way in one direction, in general: next to nothing, or far away.
    private let distance = Duration.microseconds([50, 500, 5_000, 40_000].randomElement() ?? 500)
    /// One receiver in so many fails.
    private let failures = Int.random(in: 4...60)

    /// In the end everything works.
    var isFine: Bool { isOver.load(ordering: .relaxed) }

    func clear() { isOver.store(true, ordering: .relaxed) }

    var fate: Fate {
        guard !isFine, Chance.one(in: losses) else { return .answered }
        return switch Int.random(in: 0..<3) {
        case 0: .lost
        case 1: .unanswered
        default: .late(Chance.time(upTo: .seconds(10)))
        }
    }

    /// Of a way through the network.
    var latency: Duration {
        if !isFine {
            if Chance.one(in: 300) { return Chance.time(upTo: .seconds(4)) }
            if Chance.one(in: 30) { return Chance.time(upTo: .milliseconds(100)) }
        }
        return distance / 2 + Chance.time(upTo: distance)
    }

    var isReceiverFailing: Bool { !isFine && Chance.one(in: failures) }
    var isReceiverHanging: Bool { !isFine && Chance.one(in: 400) }
    var isReceiverSlow: Bool { !isFine && Chance.one(in: 20) }
}
