/// What happened, as a hash and, if wanted, in words.
struct Trace {
    enum Kind: UInt8 {
        case begins, writes, commits, rollsBack, connects, takesLanes, releasesLanes, readsPositions, readsDeliveries
        case readsWindow, takesChunk, takesEffect, sends, advances, waits, refused, answerLost, claims, calls, fails
        case forgets, crashes, freezes, sessionEnds, stalls, flushes, serverCrashes, purges, retries, discards, rewinds
        case locksLost, starts, drains, restarts

        var code: Int { Int(rawValue) }
    }

    private(set) var hash: UInt64 = 0
    private(set) var count = 0
    /// Empty unless it is recorded.
    private(set) var lines: [String] = []
    let isRecorded: Bool

    init(isRecorded: Bool) { self.isRecorded = isRecorded }

    mutating func note(_ kind: Kind, _ actor: Participant, at time: Int, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) {
        count += 1
        let numbers = kind.code &+ actor.code &* 64 &+ time &* 65_536 &+ a &* 7 &+ b &* 1_009 &+ c &* 100_003
        hash = SeededGenerator.mix(hash &* 31 &+ UInt64(truncatingIfNeeded: numbers))
        if isRecorded { lines.append("\(time) \(actor) \(kind) \(a) \(b) \(c)") }
    }
}
