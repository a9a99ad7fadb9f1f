import Testing

@testable import ProtocolModel

@Suite("The checker")
struct TruthTests {
    private func truth(versions: Int) -> Truth {
        var truth = Truth(keys: 1)
        for _ in 0..<versions { truth.append(0) }
        return truth
    }

    @Test("Each version in its order, once, is right")
    func right() {
        var truth = truth(versions: 2)
        let faults = [truth.apply(0, 1), truth.apply(0, 2)]
        #expect(faults == [nil, nil] && truth.undone == 0)
    }

    @Test("Twice, too early, before the start, or never committed is wrong")
    func wrong() {
        var twice = truth(versions: 1)
        let first = twice.apply(0, 1)
        let second = twice.apply(0, 1)
        #expect(first == nil && second?.kind == .doubled)
        var early = truth(versions: 2)
        let later = early.apply(0, 2)
        #expect(later?.kind == .outOfOrder)
        var old = truth(versions: 2)
        old.supersede(0, upTo: 1)
        let before = old.apply(0, 1)
        #expect(before?.kind == .doubled)
        let missing = old.apply(0, 3)
        #expect(missing?.kind == .doubled)
    }

    @Test("A backfilled row comes once, as it was, and before what follows it")
    func backfill() {
        let row = Row(version: 2, exists: true)
        var right = truth(versions: 3)
        let faults = [right.pass(0, row), right.applyBackfill(0, 2), right.apply(0, 3)]
        #expect(faults == [nil, nil, nil] && right.undone == 0)
        let again = right.applyBackfill(0, 2)
        #expect(again?.kind == .doubled)
        var stale = truth(versions: 3)
        let passed = stale.pass(0, row)
        let shown = stale.applyBackfill(0, 1)
        #expect(passed == nil && shown?.kind == .lost)
        var early = truth(versions: 3)
        _ = early.pass(0, row)
        let following = early.apply(0, 3)
        #expect(following?.kind == .outOfOrder)
        var live = truth(versions: 2)
        _ = live.apply(0, 1)
        let covered = live.pass(0, row)
        #expect(covered?.kind == .doubled)
    }

    @Test("A rewind asks for versions again; what is discarded or released holds up nobody")
    func again() {
        var truth = truth(versions: 3)
        _ = truth.apply(0, 1)
        truth.beginEpoch()
        truth.rewind(0, 1)
        let repeated = truth.apply(0, 1)
        truth.discard(0, 2, isBackfill: false)
        let third = truth.apply(0, 3)
        #expect(repeated == nil && third == nil && truth.undone == 0)
        let discarded = truth.apply(0, 2)
        #expect(discarded?.kind == .doubled)
    }
}
