/// Writers, workers, a person and a housekeeper on one modelled server, in an order that the seed gives.
struct Simulation {
    let world: World
    private let seed: UInt64
    var writers: [Writer] = []
    var workers: [Worker] = []
    var person = Person()
    private var steps = 0

    /// - Parameters:
    ///   - other: the scenario is one for this flaw, though the protocol need not have it.
    ///   - change: changes the scenario that was drawn.
    init(
        seed: UInt64, flaw: Flaw? = nil, scenarioFor other: Flaw? = nil, isTraced: Bool = false,
        change: (inout Scenario) -> Void = { _ in }
    ) {
        self.seed = seed
        var random = SeededGenerator(seed: SeededGenerator.mix(seed &+ 1))
        var scenario = Scenario.draw(&random, for: flaw ?? other)
        change(&scenario)
        var rows: [Row] = []
        for _ in 0..<scenario.keys {
            rows.append(random.chance(60) ? Row(version: 1, exists: true) : Row(version: 0, exists: false))
        }
        let receivers = ReceiverBehaviour(seed: random.next(), scenario: scenario)
        for number in 0..<scenario.writers {
            // One of them takes its time.
            writers.append(Writer(number, haste: number == 0 ? 6 : 40))
        }
        for number in 0..<scenario.workers {
            let isOfOtherCode = flaw == .ownLaneCount && number > 0
            let lanes = isOfOtherCode ? scenario.lanes - 1 : scenario.lanes
            let fair = (lanes + scenario.workers - 1) / scenario.workers
            let isGreedy = scenario.locking == .none || random.chance(50)
            workers.append(Worker(number, laneCount: lanes, share: isGreedy ? lanes : fair))
        }
        let server = Server(scenario, flaw: flaw, rows: rows, isTraced: isTraced)
        world = World(scenario, flaw: flaw, server: server, receivers: receivers, random: random)
    }

    /// Runs until all is done, a fault is found, or nothing more is to be expected.
    mutating func run() -> Verdict {
        for _ in 0..<20 where world.server.fault == nil { stepWriter() }
        register()
        var left = world.scenario.steps
        while left > 0, world.server.fault == nil {
            step()
            left -= 1
        }
        if world.server.fault == nil { drain() }
        return Verdict(
            seed: seed, fault: world.server.fault, traceHash: world.server.trace.hash, steps: steps,
            tally: world.server.tally, trace: world.server.trace.lines
        )
    }

    /// The subscription is created, with a position for each lane, by whoever comes first.
    private mutating func register() {
        let scenario = world.scenario
        let snapshot = scenario.start == .beginning ? 0 : world.server.takeSnapshot()
        let frontier = scenario.start == .backfill ? Place.noRows : Place.allRows
        var operations: [Operation] = []
        for lane in 0..<scenario.lanes {
            let place = Place(lo: snapshot, frontier: frontier)
            operations.append(
                .position(lane: lane, Position(version: 1, generation: 1, place: place, at: world.now)))
        }
        world.server.commit(Transaction(xid: world.server.drawXid(), operations: operations))
        world.server.flush()
        if scenario.start != .backfill {
            for (key, row) in world.server.snapshots[snapshot].rows.enumerated() {
                world.server.contents.truth.supersede(key, upTo: row.version)
            }
            world.server.flush()
        }
        world.note(.starts, .server, scenario.start.rawValue, snapshot)
    }

    // MARK: Anything may happen

    mutating func tick() {
        steps += 1
        world.server.now += 1 + world.random.below(6)
    }

    private mutating func step() {
        tick()
        switch world.random.below(100) {
        case 0..<24: stepWriter()
        case 24..<64: stepWorker()
        case 64..<86: stepSession()
        case 86..<90: if world.scenario.hasPerson { person.step(world) }
        case 90..<93: if world.scenario.purges { world.server.purge() }
        case 93..<95: world.server.contents.recordTick(world.server.takeSnapshot())
        default: disturb()
        }
    }

    /// One step; in a burst as many as a batch takes, and the server is as fast.
    private mutating func stepWorker() {
        let index = world.random.below(workers.count)
        let isBurst = world.scenario.hasBursts && world.random.chance(12)
        for _ in 0..<(isBurst ? 12 : 1) where world.server.fault == nil {
            workers[index].step(world)
            guard isBurst, let session = workers[index].session, world.server.isAlive(session) else { continue }
            world.server.stepSession(session.slot, &world.random)
        }
    }

    private mutating func stepWriter() { writers[world.random.below(writers.count)].step(world) }

    mutating func stepSession() {
        let count = world.server.sessions.count
        guard count > 0 else { return }
        let first = world.random.below(count)
        for offset in 0..<count {
            let slot = (first + offset) % count
            guard world.server.sessions[slot].isAlive else { continue }
            world.server.stepSession(slot, &world.random)
            // One that has nothing to do gives the turn to the next.
            if world.server.sessions[slot].segment != nil || offset > 2 { return }
        }
    }

    private mutating func disturb() {
        let worker = world.random.below(workers.count)
        switch world.random.below(100) {
        case 0..<12: workers[worker].crash(world)
        case 12..<40:
            let isLong = world.random.chance(50)
            workers[worker].freeze(until: world.now + world.random.below(isLong ? 500 : 60), world)
        case 40..<50:
            if let session = workers[worker].session, world.server.isAlive(session) {
                world.server.endSession(session.slot)
            }
        case 50..<64: loseLocks(of: worker)
        case 64..<74: flush()
        case 74..<84: crashServer()
        case 84..<100: if world.scenario.isFragile { crashServer() }
        default: break
        }
    }

    private mutating func loseLocks(of worker: Int) {
        guard world.scenario.locking == .elsewhere, let session = workers[worker].session else { return }
        world.note(.locksLost, .worker(worker))
        for lane in world.server.laneHolders.indices where world.server.laneHolders[lane] == session.serial {
            world.server.laneHolders[lane] = 0
        }
    }

    private mutating func flush() {
        world.note(.flushes, .server)
        world.server.flush()
    }

    private mutating func crashServer() {
        guard world.scenario.losesCommits else { return }
        world.note(.serverCrashes, .server)
        world.server.crash()
        for index in writers.indices { writers[index].lose() }
        world.server.report(world.outside.mailForLostChange(world.server))
    }
}
