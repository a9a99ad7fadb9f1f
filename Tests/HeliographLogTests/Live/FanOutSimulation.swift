import HeliographTesting

@testable import HeliographLog

/// A log, its writers, the shared reader and observers, in any interleaving that a seed gives.
struct FanOutSimulation {
    private(set) var log = SimulatedLog()
    private(set) var observers: [SimulatedObserver] = []
    private(set) var faults: [String] = []
    private var fanOut = FanOut(.init(records: 6, bytes: 1 << 20))
    private var random: SeededGenerator
    private let batch = 4
    private let crashes: Bool
    /// What goes wrong on purpose, to see that it is noticed.
    private let flaw: Flaw?
    // The shared reader.
    private var place: LogPlace?
    private var filter = RecordFilter()
    private var end: Snapshot?
    private var pending: (begins: Bool, window: Window)?

    enum Flaw: CaseIterable {
        /// A window is not read again for those who came while it was read.
        case narrow
        /// An observer that is behind joins where the reader is, and not where it has read up to.
        case early
        /// A batch is handed out twice.
        case twice
        /// A new life of the server is not told.
        case noReset
    }

    init(seed: UInt64, crashes: Bool = false, flaw: Flaw? = nil) {
        random = SeededGenerator(seed: seed)
        self.crashes = crashes
        self.flaw = flaw
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func run(steps: Int) {
        for _ in 0..<steps { step() }
        // In the end everybody takes everything, and the reader reads what is left.
        while log.openCount > 0 { log.commit(0) }
        for _ in 0..<4 {
            repeat { readerStep() } while pending != nil || place?.hi != nil || end != nil
            for index in observers.indices { drain(index) }
        }
        for observer in observers {
            if let fault = observer.fault(log) { faults.append("observer \(observer.id): \(fault)") }
        }
    }

    private mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<25:
            log.begin(["a", "b"].randomElement(using: &random) ?? "a", isOwn: chance(30))
        case 25..<48:
            if log.openCount > 0 { log.commit(Int.random(in: 0..<log.openCount, using: &random)) }
        case 48..<70: readerStep()
        case 70..<73: join()
        case 73..<74:
            if observers.count > 2 { leave(Int.random(in: observers.indices, using: &random)) }
        case 74..<76 where crashes && chance(50):
            log.crash(losing: Int.random(in: 0...3, using: &random))
            // Who has not begun yet begins in the new life.
            for index in observers.indices {
                observers[index].earliest = min(observers[index].earliest, log.commits.count)
            }
        case 76 where crashes && chance(10):
            // As the receivers' observer does when it cannot go on.
            if let observer = observers.randomElement(using: &random) { fanOut.beginAnew(observer.id) }
        default:
            guard let index = observers.indices.randomElement(using: &random) else { return }
            if chance(observers[index].eagerness) { observerStep(index) }
        }
    }

    // MARK: The shared reader, as `SharedReader.look` does it; the answer of a query comes a step later

    private mutating func readerStep() {
        guard let place else {
            let now = log.now
            fanOut.begin(at: now)
            self.place = now
            return
        }
        guard let (begins, window) = pending else {
            let begins = place.hi == nil && end == nil
            if begins { filter = fanOut.beginWindow() }
            pending = (begins, log.read(place, filter, upTo: end, limit: batch))
            return
        }
        pending = nil
        guard place.belongs(to: window) else {
            let now = log.now
            end = nil
            self.place = now
            if flaw == .noReset { fanOut.begin(at: now) } else { fanOut.reset(to: now) }
            return
        }
        if begins, let wider = fanOut.open(LogPlace(lo: window.hi, server: window.server)), flaw != .narrow {
            filter = wider
            end = window.hi
            return
        }
        end = nil
        let next = place.behind(window)
        self.place = next
        let items = log.mark(window, from: place)
        if flaw == .twice { fanOut.handOut(items, completing: nil, isCurrent: false) }
        fanOut.handOut(items, completing: window.isComplete ? next : nil, isCurrent: begins && window.isComplete)
    }

    // MARK: Observers

    private mutating func join() {
        let scope = LiveMirror.Scope.allCases.randomElement(using: &random) ?? .everywhere
        let senders: [String]? = [nil, ["a"], ["b"], []].randomElement(using: &random) ?? nil
        let demand = Demand(senders?.map { .init(sender: $0, operations: AttachOptions.Operation.allCases) })
        // A place may be any that a reader here or elsewhere has come to; of another life, too.
        let isPlaced = chance(30)
        let count = isPlaced ? Int.random(in: 0...log.commits.count, using: &random) : log.commits.count
        var start = isPlaced ? LogPlace(lo: SimulatedLog.snapshot(count), server: log.server) : nil
        if isPlaced, chance(20), count == 0 { start = LogPlace(lo: .beginning) }
        let id = fanOut.add(scope, demand, from: start)
        observers.append(
            SimulatedObserver(
                id, scope, senders: senders, earliest: count, hasPlace: isPlaced,
                eagerness: [5, 30, 100].randomElement(using: &random) ?? 100
            )
        )
    }

    private mutating func leave(_ index: Int) {
        fanOut.remove(observers[index].id)
        observers.remove(at: index)
    }

    /// - Returns: whether it had something to do.
    @discardableResult
    private mutating func observerStep(_ index: Int) -> Bool {
        let id = observers[index].id
        if let (reading, window, items) = observers[index].reading {
            observers[index].reading = nil
            guard reading.place.belongs(to: window) else {
                fanOut.didReset(reading, for: id)
                return true
            }
            let end = reading.place.behind(window)
            for event in fanOut.didRead(items, upTo: end, reading, for: id) { observers[index].take(event, log) }
            return true
        }
        switch fanOut.next(for: id, limit: 3) {
        case .tell(let events): for event in events { observers[index].take(event, log) }
        case .read(let reading):
            let end = flaw == .early ? nil : reading.end
            let window = log.read(reading.place, reading.filter, upTo: end, limit: batch)
            observers[index].reading = (reading, window, log.mark(window, from: reading.place))
        case .wait: return false
        }
        return true
    }

    private mutating func drain(_ index: Int) {
        for _ in 0..<10_000 where !observerStep(index) { return }
        faults.append("observer \(observers[index].id) comes to no end")
    }
}
