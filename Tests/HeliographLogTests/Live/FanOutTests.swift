import Testing

@testable import HeliographLog

@Suite("One reader for all observers")
struct FanOutTests {
    @Test(
        "Slow ones, joins, leaves, filters, places: each hears all of its scope once, in log order", arguments: 0..<30)
    func anyInterleaving(tenth: Int) { run(tenth, crashes: false) }

    /// Ten simulations with seeds of their own.
    private func run(_ tenth: Int, crashes: Bool) {
        for seed in tenth * 10..<tenth * 10 + 10 {
            var simulation = FanOutSimulation(seed: UInt64(seed), crashes: crashes)
            simulation.run(steps: Self.steps)
            #expect(simulation.faults.isEmpty, "seed \(seed): \(simulation.faults.first ?? "")")
        }
    }

    private static let steps = 800

    @Test("And with crashes of the server: it says so, and what commits afterwards is told", arguments: 0..<50)
    func crashes(tenth: Int) { run(tenth, crashes: true) }

    @Test("What would be wrong is noticed", arguments: FanOutSimulation.Flaw.allCases)
    func flaws(flaw: FanOutSimulation.Flaw) {
        let found = (0..<400).contains { seed in
            var simulation = FanOutSimulation(seed: UInt64(seed), crashes: flaw == .noReset, flaw: flaw)
            simulation.run(steps: Self.steps)
            return !simulation.faults.isEmpty
        }
        #expect(found)
    }

    @Test("The simulation comes to what it is for: observers that lag, read by themselves, are reset, and catch up")
    func reach() {
        var lags = 0
        var resets = 0
        var told = 0
        for seed in 0..<50 {
            var simulation = FanOutSimulation(seed: UInt64(seed), crashes: true)
            simulation.run(steps: Self.steps)
            lags += simulation.observers.reduce(0) { $0 + $1.lags }
            resets += simulation.observers.reduce(0) { $0 + $1.resets }
            told += simulation.observers.reduce(0) { $0 + $1.told.count }
            #expect(!simulation.observers.contains { !$0.isCaughtUp }, "seed \(seed)")
        }
        #expect(lags > 50 && resets > 50 && told > 1_000, "lags \(lags), resets \(resets), told \(told)")
    }

    // MARK: One at a time

    /// The reader reads all there is, in windows of one batch.
    private func look(_ fanOut: inout FanOut, _ log: SimulatedLog, _ place: inout LogPlace) {
        let filter = fanOut.beginWindow()
        let window = log.read(place, filter, upTo: nil, limit: .max)
        #expect(fanOut.open(LogPlace(lo: window.hi, server: window.server)) == nil)
        let next = place.behind(window)
        fanOut.handOut(log.mark(window, from: place), completing: next, isCurrent: true)
        place = next
    }

    /// The ids of the records that it is told, 0 for anything else; `nil` if it has to wait or to read.
    private func take(_ id: Int, _ fanOut: inout FanOut) -> [Int64]? {
        guard case .tell(let events) = fanOut.next(for: id, limit: 10) else { return nil }
        return events.map { if case .record(let live) = $0 { live.record.id } else { 0 } }
    }

    @Test("Who is too slow is told so, once; who is not is not held up, and nothing more is kept than was said")
    func lagging() {
        var log = SimulatedLog()
        var fanOut = FanOut(.init(records: 6, bytes: 1 << 20))
        var place = log.now
        fanOut.begin(at: place)
        let (slow, fast) = (fanOut.add(.everywhere, .all), fanOut.add(.everywhere, .all))
        look(&fanOut, log, &place)
        let begun = [take(slow, &fanOut), take(fast, &fanOut)]
        #expect(begun == [[0], [0]])
        var heard: [Int64] = []
        for round in 1...5 {
            for _ in 0..<3 {
                log.begin("a", isOwn: false)
                log.commit(0)
            }
            look(&fanOut, log, &place)
            heard += take(fast, &fanOut) ?? []
            // Six have room: the third round is too much.
            let isBehind = fanOut.phase(of: slow) == .behind
            #expect(isBehind == (round >= 3))
        }
        #expect(heard == Array(1...15))
        guard case .tell(let events) = fanOut.next(for: slow, limit: 10), events.count == 1, case .lagged = events[0]
        else {
            Issue.record("it was not told")
            return
        }
        guard case .read(let reading) = fanOut.next(for: slow, limit: 10) else {
            Issue.record("it does not read by itself")
            return
        }
        // Where the buffer began that it has lost.
        #expect(SimulatedLog.count(reading.place.lo) == 0 && reading.end == place.lo)
        log.begin("a", isOwn: false)
        log.commit(0)
        look(&fanOut, log, &place)
        let window = log.read(reading.place, reading.filter, upTo: reading.end, limit: .max)
        let events15 = fanOut.didRead(
            log.mark(window, from: reading.place), upTo: reading.place.behind(window), reading, for: slow)
        #expect(events15.count == 15)
        let told1 = take(slow, &fanOut)
        #expect(told1 == [16], "what came while it read was kept for it")
        let told2 = take(slow, &fanOut)
        #expect(told2 == [0])
    }

    @Test("Whoever begins now hears nothing of a window that was begun before")
    func beginning() {
        var log = SimulatedLog()
        var fanOut = FanOut(.init(records: 6, bytes: 1 << 20))
        let place = log.now
        fanOut.begin(at: place)
        let first = fanOut.add(.everywhere, .all)
        let filter = fanOut.beginWindow()
        log.begin("a", isOwn: false)
        log.commit(0)
        let window = log.read(place, filter, upTo: nil, limit: .max)
        let second = fanOut.add(.everywhere, .all)
        #expect(fanOut.open(LogPlace(lo: window.hi, server: window.server)) == nil)
        fanOut.handOut(
            log.mark(window, from: place), completing: place.behind(window), isCurrent: true)
        let told3 = take(first, &fanOut)
        #expect(told3 == [0], "it has begun, at that window's end")
        guard case .wait = fanOut.next(for: second, limit: 10) else {
            Issue.record("it has begun too early: the window may have ended before it came")
            return
        }
    }

    @Test("A buffer has room for so many records, and so many bytes; one record always")
    func buffer() {
        var log = SimulatedLog()
        for _ in 0..<3 {
            log.begin("a", isOwn: false)
            log.commit(0)
        }
        let start = LogPlace(lo: .beginning)
        let items = log.mark(log.read(start, RecordFilter(), upTo: nil, limit: 9), from: start)
        var buffer = LiveBuffer(.init(records: 2, bytes: 1 << 20))
        let fitted = items.map { buffer.append($0) }
        #expect(fitted == [true, true, false])
        let first = buffer.take(1).map(\.record.id)
        let fits = buffer.append(items[2])
        let rest = buffer.take(9).map(\.record.id)
        #expect(first == [1] && fits && rest == [2, 3])
        var small = LiveBuffer(.init(records: 2, bytes: 1))
        let fittedInSmall = items.map { small.append($0) }
        #expect(fittedInSmall == [true, false, false])
    }
}
