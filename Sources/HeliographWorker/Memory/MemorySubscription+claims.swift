/// As the functions of `sql/0023_claims.sql` do it.
extension MemorySubscription {
    mutating func takeClaims(of lanes: [Int], worker: String) -> [(lane: Int, suspect: String?)] {
        for (lane, claim) in claims where claim.victim == worker {
            claims[lane]?.deaths = max(0, claim.deaths - 1)
            claims[lane]?.victim = nil
        }
        var inherited: [(lane: Int, suspect: String?)] = []
        for lane in lanes {
            guard var claim = claims[lane] else {
                claims[lane] = Claim(worker: worker)
                continue
            }
            let former = claim.worker
            if former != worker, let item = claim.item {
                claim.deaths = item == claim.suspect ? claim.deaths + 1 : 1
                claim.suspect = item
                claim.victim = former
            }
            claim.worker = worker
            claim.item = nil
            claims[lane] = claim
            if former != worker || claim.suspect != nil {
                inherited.append((lane, claim.deaths > 0 ? claim.suspect : nil))
            }
        }
        return inherited
    }

    mutating func announce(_ items: [Int: String]) -> Int {
        var deaths = 0
        for (lane, item) in items where claims[lane] != nil {
            claims[lane]?.item = item
            if claims[lane]?.suspect == item { deaths = max(deaths, claims[lane]?.deaths ?? 0) }
        }
        return deaths
    }

    mutating func clearSuspicion(of lanes: [Int], worker: String) {
        for lane in lanes where claims[lane]?.worker == worker { claims[lane] = Claim(worker: worker) }
    }

    /// - Parameter lanes: `nil` for all.
    mutating func dropClaims(of lanes: [Int]?, worker: String) {
        claims = claims.filter { lane, claim in claim.worker != worker || lanes.map { !$0.contains(lane) } ?? false }
    }
}
