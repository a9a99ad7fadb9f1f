import HeliographLog
import Testing

@testable import HeliographWorker

@Suite("Lanes and their places")
struct LaneTableTests {
    private func cursor(_ text: String, tick: Int64? = nil) -> Cursor { Cursor(snapshot: Snapshot(text), tick: tick) }

    private func table(_ places: [Int: LanePlace]) -> LaneTable {
        var table = LaneTable()
        for (lane, place) in places { table.hold(lane, version: 1, generation: 1, place: place) }
        return table
    }

    @Test("Lanes at one place are read together, others apart")
    func groups() {
        let here = LanePlace(lo: cursor("5:5:", tick: 1), hi: nil, lastID: 0, frontier: nil)
        let there = LanePlace(lo: cursor("5:5:", tick: 1), hi: cursor("9:9:"), lastID: 3, frontier: nil)
        let table = table([0: here, 1: there, 2: here, 3: there])
        let groups = table.groups(at: .now)
        #expect(groups.map(\.lanes) == [[0, 2], [1, 3]])
        #expect(groups.map(\.isSuspect) == [false, false])
    }

    @Test("The same snapshot under two ticks, or none, is one place")
    func ticks() {
        let named = LanePlace(lo: cursor("5:5:", tick: 7), hi: nil, lastID: 0, frontier: nil)
        let unnamed = LanePlace(lo: cursor("5:5:"), hi: nil, lastID: 0, frontier: nil)
        let groups = table([0: unnamed, 1: named]).groups(at: .now)
        #expect(groups.map(\.lanes) == [[0, 1]])
        #expect(groups.first?.place.lo.tick == 7)
    }

    @Test("Skipping moves in memory, committing in the database: only then does the version grow")
    func versions() {
        var table = table([0: LanePlace(lo: cursor("5:5:"), hi: nil, lastID: 0, frontier: nil)])
        let next = LanePlace(lo: cursor("9:9:"), hi: nil, lastID: 0, frontier: nil)
        table.skip([0], to: next)
        #expect(table.lanes[0]?.version == 1)
        #expect(table.isDirty)
        #expect(table.dirtyGroups(among: [0]).map(\.lanes) == [[0]])
        table.flush([0], at: next)
        #expect(table.lanes[0]?.version == 2)
        #expect(!table.isDirty)
        #expect(table.dirtyGroups(among: [0]).isEmpty)
    }

    @Test("A failed lane stands alone and waits; the others go on; success forgives it")
    func blocking() {
        let place = LanePlace(lo: cursor("5:5:"), hi: nil, lastID: 0, frontier: nil)
        var table = table([0: place, 1: place])
        let until = ContinuousClock.now + .seconds(60)
        let stop = LanePlace(lo: cursor("5:5:"), hi: cursor("9:9:"), lastID: 4, frontier: nil)
        table.block(0, at: stop, until: until)
        #expect(table.groups(at: .now).map(\.lanes) == [[1]])
        #expect(table.nextRetry == until)
        let later = table.groups(at: until)
        #expect(later.map(\.lanes) == [[0], [1]])
        #expect(later.first?.isSuspect == true)
        #expect(later.first?.place == stop)
        table.commit([0], at: LanePlace(lo: cursor("9:9:"), hi: nil, lastID: 0, frontier: nil))
        #expect(table.nextRetry == nil)
        #expect(table.groups(at: .now).allSatisfy { !$0.isSuspect })
    }

    @Test("A lane that met a lock stands alone; moving past it forgives that")
    func stalls() {
        let place = LanePlace(lo: cursor("5:5:"), hi: nil, lastID: 0, frontier: nil)
        var table = table([0: place, 1: place])
        let stop = LanePlace(lo: cursor("5:5:"), hi: cursor("9:9:"), lastID: 4, frontier: nil)
        table.block(0, at: stop, until: .now)
        table.block(0, at: stop, until: .now)
        #expect(table.lanes[0]?.stalls == 2)
        #expect(table.groups(at: .now).first == .init(place: stop, generation: 1, lanes: [0], isSuspect: true))
        // The record it stopped before has gone, so that there is nothing left to be careful about; staying is not moving.
        table.skip([0], to: stop)
        #expect(table.lanes[0]?.isSuspect == true)
        table.skip([0], to: LanePlace(lo: cursor("9:9:"), hi: nil, lastID: 0, frontier: nil))
        #expect(table.lanes[0]?.isSuspect == false)
        #expect(table.nextRetry == nil)
        #expect(table.lanes[0]?.isDirty == true)
    }

    @Test("Lanes of different generations are never written together")
    func generations() {
        var table = LaneTable()
        let place = LanePlace(lo: cursor("5:5:"), hi: nil, lastID: 0, frontier: nil)
        table.hold(0, version: 1, generation: 1, place: place)
        table.hold(1, version: 4, generation: 2, place: place)
        #expect(table.groups(at: .now).map(\.lanes) == [[0], [1]])
        table.skip([0, 1], to: LanePlace(lo: cursor("6:6:"), hi: nil, lastID: 0, frontier: nil))
        #expect(table.dirtyGroups(among: [0, 1]).map(\.lanes) == [[0], [1]])
    }

    @Test("Shares add up to all lanes, whoever many workers there are")
    func shares() {
        for lanes in 1...64 {
            for members in 0...70 {
                let target = LaneShare.target(lanes: lanes, members: members)
                #expect(target * max(1, members) >= lanes)
                #expect((target - 1) * max(1, members) < lanes)
                let minimum = LaneShare.minimum(lanes: lanes, members: members)
                #expect(minimum <= target)
                #expect(minimum == 0 || minimum + (max(1, members) - 1) * target == lanes)
            }
        }
    }
}
