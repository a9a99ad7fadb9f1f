@testable import HeliographLog

/// An observer of a simulated log: takes what it is told, and judges it.
struct SimulatedObserver {
    let id: Int
    let scope: LiveMirror.Scope
    let senders: [String]?
    /// How many commits there were when it came; of one with a place, at that place.
    var earliest: Int
    let hasPlace: Bool
    /// Takes something at so many of 100 steps.
    let eagerness: Int
    /// What it has begun to read by itself, as seen when it was read.
    var reading: (FanOut.Reading, Window, [LiveRecord])?
    /// How many commits there were when it was told that it has begun, or to begin anew.
    private(set) var latest: Int?
    private(set) var told: [Int64] = []
    private(set) var lags = 0
    private(set) var resets = 0
    private var isTooEarly = false
    /// Whether the last it was told is that it has caught up.
    private(set) var isCaughtUp = false

    init(
        _ id: Int, _ scope: LiveMirror.Scope, senders: [String]?, earliest: Int, hasPlace: Bool, eagerness: Int
    ) {
        self.id = id
        self.scope = scope
        self.senders = senders
        self.earliest = earliest
        self.hasPlace = hasPlace
        self.eagerness = eagerness
        if hasPlace { latest = earliest }
    }

    mutating func take(_ event: LiveMirror.Event, _ log: SimulatedLog) {
        isCaughtUp = false
        switch event {
        case .record(let live):
            isTooEarly = isTooEarly || latest == nil
            told.append(live.record.id)
        case .caughtUp:
            latest = latest ?? log.commits.count
            isCaughtUp = true
        case .lagged: lags += 1
        case .reset:
            resets += 1
            told = []
            earliest = 0
            latest = log.commits.count
        }
    }

    /// What is wrong with what it was told, when all has been told.
    func fault(_ log: SimulatedLog) -> String? {
        let place = log.places
        func isWanted(_ commit: SimulatedLog.Commit) -> Bool {
            (senders?.contains(commit.record.sender) ?? true)
                && (scope == .everywhere || (scope == .local) == commit.isOwn)
        }
        if isTooEarly { return "it was told a record before it was told that it has begun" }
        guard let latest else { return "it was never told that it has begun" }
        if Set(told).count != told.count { return "told twice: \(told)" }
        guard told.allSatisfy({ place[$0] != nil }) else { return "told what was not committed" }
        // From its beginning on, wherever between its coming and its being told that was, all that it wants.
        let begin = hasPlace && resets == 0 ? earliest : told.compactMap { place[$0] }.min() ?? latest
        guard begin >= earliest else { return "told what was committed before it came" }
        let expected = log.commits[min(begin, latest)...].filter(isWanted).map(\.record.id)
        if Set(expected) != Set(told) {
            return
                "lost \(Set(expected).subtracting(told).sorted()), told besides \(Set(told).subtracting(expected).sorted())"
        }
        // What was drawn and committed before something else is told before it.
        for (index, later) in told.enumerated() {
            guard let left = place[later] else { continue }
            for earlier in told[..<index] where later < earlier && left < place[earlier] ?? -1 {
                return "\(later) was told after \(earlier)"
            }
        }
        return nil
    }
}
