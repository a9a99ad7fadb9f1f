import HeliographPostgres
import HeliographWorker

/// What has to be, and what is: the truth is what the writers have committed, not what the log says.
struct Verdict {
    let log: MemoryLog
    let shop: Shop
    let outside: Outside

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

    /// Whether so much has been done as there is to do: then there is no use in waiting.
    var isComplete: Bool {
        let written = shop.history.reduce(0) { $0 + $1.count }
        let isOneBehind = [Receivers.each, Receivers.batch, Receivers.unordered, Receivers.external].contains { name in
            done(by: name).values.reduce(0) { $0 + $1.count } < written
        }
        return !isOneBehind && backfillFaults(done(by: Receivers.backfill), isLost: true).isEmpty
            && names.allSatisfy { log.parked(of: $0).isEmpty }
    }

    private var names: [String] {
        [Receivers.each, Receivers.batch, Receivers.unordered, Receivers.external, Receivers.backfill]
    }

    /// One line for each thing that is wrong.
    var faults: [String] {
        var faults: [String] = []
        for name in names {
            let done = done(by: name)
            if name == Receivers.backfill {
                faults += backfillFaults(done, isLost: true) + backfillFaults(done, isLost: false)
                continue
            }
            for (row, truth) in shop.history.enumerated() {
                faults += Self.differences(
                    done[Self.key(row)] ?? [], truth, "\(name), row \(row)", isOrdered: name != Receivers.unordered)
            }
        }
        faults += outside.tooLate.map { "out of order: external: \($0) after something newer" }
        faults += names.filter { !log.parked(of: $0).isEmpty }.map { "left over: \($0) has parked records" }
        if !log.stores.isEmpty { faults.append("left over: \(log.stores.count) sessions are open") }
        return faults
    }

    private static func differences(
        _ done: [String], _ truth: [String], _ place: String, isOrdered: Bool
    ) -> [String] {
        guard done != truth else { return [] }
        let counts = Dictionary(grouping: done, by: \.self).mapValues(\.count)
        let lost = truth.filter { counts[$0] == nil }.map { "lost: \(place): \($0)" }
        let doubled = counts.filter { $0.value > 1 }.keys.sorted().map { "doubled: \(place): \($0)" }
        let strange = counts.keys.filter { !truth.contains($0) }.sorted().map { "invented: \(place): \($0)" }
        let found = lost + doubled + strange
        return found.isEmpty && isOrdered ? ["out of order: \(place): \(done) instead of \(truth)"] : found
    }

    /// Of a subscription that began with the rows that were there: each row is told of from some version on, with each later one; a row
    /// that was deleted before it was told of is not.
    private func backfillFaults(_ done: [String: [String]], isLost: Bool) -> [String] {
        shop.history.enumerated().flatMap { row, truth -> [String] in
            let place = "\(Receivers.backfill), row \(row)"
            // A row that was there is told of as created.
            let told = done[Self.key(row)] ?? []
            let versions = told.map { $0.split(separator: " ").last.map(String.init) ?? "" }
            let all = truth.map { $0.split(separator: " ").last.map(String.init) ?? "" }
            let isAlive = truth.last.map { !$0.hasPrefix("delete") } ?? false
            if isLost {
                guard let last = all.last, isAlive || !told.isEmpty else { return [] }
                return versions.last == last ? [] : ["lost: \(place): \(truth.last ?? "")"]
            }
            return versions.elementsEqual(all.suffix(versions.count))
                ? [] : ["doubled or out of order: \(place): \(told) instead of the end of \(truth)"]
        }
    }
}
