import HeliographLog
import HeliographPostgres
import Testing

@testable import HeliographWorker

@Suite("Parked keys and outages, without a database")
struct ParkedKeyTests {
    private let now = ContinuousClock.now
    private let backoff = Backoff(initial: .seconds(1), maximum: .seconds(8))

    private func table() -> LaneTable {
        var table = LaneTable()
        let place = LanePlace(lo: Cursor(snapshot: Snapshot("5:5:"), tick: 1), hi: nil, lastID: 0, frontier: nil)
        for lane in 0..<3 { table.hold(lane, version: 1, generation: 1, place: place) }
        return table
    }

    @Test("The first record of a key says when, those behind it only how many")
    func due() {
        var table = table()
        table.park(7, in: 1, as: 100, Parking(delay: .seconds(2), error: "e"), at: now)
        table.park(7, in: 1, as: 101, .behind, at: now)
        table.park(8, in: 2, as: 102, Parking(delay: .seconds(1), error: "e"), at: now)
        #expect(table.parkedCount(7, in: 1) == 2)
        #expect(table.parkedCount(7, in: 2) == 0)
        #expect(table.nextRetry == now + .seconds(1))
        #expect(table.dueKeys(at: now).isEmpty)
        #expect(table.dueKeys(at: now + .seconds(1)) == [.init(lane: 2, key: 8)])
        #expect(table.dueKeys(at: now + .seconds(2)) == [.init(lane: 2, key: 8), .init(lane: 1, key: 7)])
        table.set(nil, for: .init(lane: 2, key: 8))
        #expect(table.nextRetry == now + .seconds(2))
        table.release(1)
        #expect(table.dueKeys(at: now + .seconds(9)).isEmpty)
        #expect(table.nextRetry == nil)
    }

    @Test("A dead letter is never due, and holds its key")
    func dead() {
        var table = table()
        table.park(7, in: 1, as: 100, Parking(delay: .seconds(2), error: "e", isDead: true), at: now)
        #expect(table.dueKeys(at: now + .seconds(99)).isEmpty)
        #expect(table.nextRetry == nil)
        #expect(table.parkedCount(7, in: 1) == 1)
    }

    @Test("Nothing is parked of a lane that is not held")
    func strange() {
        var table = table()
        table.park(7, in: 9, as: 100, .behind, at: now)
        table.hold(parked: [7: ParkedKey(head: 1, dueAt: now)], of: 9)
        #expect(table.lanes[9] == nil)
    }

    @Test("The same key failing again and again is poison; as many different ones in a row are an outage")
    func outage() {
        var breaker = OutageBreaker()
        for record in 0..<20 {
            #expect(breaker.failed(key: 1, record: Int64(record), at: now, backoff: backoff) == .park)
        }
        for key in 2..<Int32(OutageBreaker.threshold) {
            #expect(breaker.failed(key: key, record: Int64(key), at: now, backoff: backoff) == .park)
        }
        #expect(!breaker.isOpen)
        #expect(breaker.failed(key: 99, record: 99, at: now, backoff: backoff) == .wait)
        #expect(breaker.isOpen)
        let probe = breaker.nextProbe
        #expect(probe.map { $0 > now && $0 <= now + .seconds(1) } == true)
        breaker.succeeded()
        #expect(!breaker.isOpen)
        #expect(breaker.nextProbe == nil)
        #expect(breaker.failed(key: 99, record: 99, at: now, backoff: backoff) == .park)
    }

    @Test("One success between them, and there is no outage")
    func mixed() {
        var breaker = OutageBreaker()
        for key in Int32(0)..<40 {
            #expect(breaker.failed(key: key, record: Int64(key), at: now, backoff: backoff) == .park)
            if key % 3 == 2 { breaker.succeeded() }
        }
    }

    @Test(
        "Each probe waits longer, up to the limit; a record that fails for ever as the probe is parked, and the next one probed"
    )
    func probes() {
        var breaker = OutageBreaker()
        for key in 1...Int32(OutageBreaker.threshold) {
            _ = breaker.failed(key: key, record: Int64(key), at: now, backoff: backoff)
        }
        var verdicts: [OutageBreaker.Verdict] = []
        for _ in 0..<(OutageBreaker.probes + 2) {
            verdicts.append(breaker.failed(key: 50, record: 50, at: now, backoff: backoff))
        }
        #expect(verdicts.prefix(OutageBreaker.probes).allSatisfy { $0 == .wait })
        #expect(verdicts[OutageBreaker.probes] == .park)
        #expect(verdicts.last == .wait)
        #expect(breaker.nextProbe.map { $0 >= now + .seconds(4) && $0 <= now + .seconds(8) } == true)
    }
}
