import HeliographLog
import HeliographPostgres
import HeliographWorker

/// What has to be, and what is: the truth is what the writers have committed, not what the log says.
struct Verdict {
    let log: MemoryLog
    let shop: Shop
    let outside: Outside
    /// How many changes each row had when the backfill was over; `nil` before.
    let toldUntil: [Int]?

    /// One line for each thing that is wrong.
    var faults: [String] {
        var faults: [String] = []
        for name in Receivers.all {
            let done = done(by: name)
            for (row, truth) in shop.history.enumerated() {
                let told = done[Self.key(row)] ?? []
                let place = "\(name), row \(row)"
                faults +=
                    name == Receivers.backfill
                    ? backfillFaults(told, truth, row, place)
                    : differences(told, truth, name, row, isOrdered: name != Receivers.unordered)
            }
        }
        faults += outside.tooLate.map { "out of order: external: \($0) after something newer" }
        faults += Receivers.all.filter { !log.parked(of: $0).isEmpty }.map { "left over: \($0) has parked records" }
        if !log.stores.isEmpty { faults.append("left over: \(log.stores.count) sessions are open") }
        return faults
    }

    /// What receivers have done for each row, in order.
    private func done(by subscription: String) -> [String: [String]] {
        if subscription == Receivers.external { return outside.said }
        var done: [String: [String]] = [:]
        for effect in log.effects(of: subscription) {
            guard let key = effect.values.first?.string, let words = effect.values.last?.string else { continue }
            done[key, default: []].append(words)
        }
        return done
    }

    private static func key(_ row: Int) -> String { "{\"id\":\(row)}" }

    private func differences(
        _ done: [String], _ truth: [String], _ name: String, _ row: Int, isOrdered: Bool
    ) -> [String] {
        guard done != truth else { return [] }
        let place = "\(name), row \(row)"
        let counts = Dictionary(grouping: done, by: \.self).mapValues(\.count)
        let missing = truth.filter { counts[$0] == nil }.map { words in
            // What still stands before the workers is not lost.
            (isPassed(words, row, by: name) ? "lost: " : "not delivered: ") + "\(place): \(words)"
        }
        let doubled = counts.filter { $0.value > 1 }.keys.sorted().map { "doubled: \(place): \($0)" }
        let strange = counts.keys.filter { !truth.contains($0) }.sorted().map { "invented: \(place): \($0)" }
        let found = missing + doubled + strange
        return found.isEmpty && isOrdered ? ["out of order: \(place): \(done) instead of \(truth)"] : found
    }

    private func isPassed(_ words: String, _ row: Int, by name: String) -> Bool {
        let record = log.records.first { $0.key == Self.key(row) && Shop.words($0) == words }
        return record.map { log.hasPassed($0, name) } ?? true
    }

    /// Of a subscription that began with the rows that were there: each row is told of from some version on, with each later one; from its
    /// first one if it came after that; not at all if it was gone before it was its turn.
    private func backfillFaults(_ told: [String], _ truth: [String], _ row: Int, _ place: String) -> [String] {
        guard let toldUntil, log.isSettled(Receivers.backfill) else {
            return truth.isEmpty || toldUntil != nil ? [] : ["not delivered: \(place): its backfill is not over"]
        }
        // A row that was there is told of as created: only its version counts.
        func versions(_ words: [String]) -> [String] {
            words.map { $0.split(separator: " ").last.map(String.init) ?? "" }
        }
        guard versions(told).elementsEqual(versions(truth).suffix(told.count)) else {
            return [
                "\(Set(told).count < told.count ? "doubled" : "lost"): \(place): \(told) instead of the end of \(truth)"
            ]
        }
        // The first of those that had to be told; a row that was alive was told of at the latest as it was then.
        let before = truth.prefix(toldUntil[row])
        let isAlive = before.last.map { !$0.hasPrefix("delete") } ?? false
        let least = truth.count - before.count + (isAlive ? 1 : 0)
        return told.count >= least ? [] : ["lost: \(place): \(told) instead of the last \(least) of \(truth)"]
    }
}
