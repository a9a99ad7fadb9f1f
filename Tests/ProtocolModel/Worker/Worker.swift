/// A worker process: each step is one statement, call or thought, and it may die or stand still between any two.
struct Worker {
    enum Phase {
        case down
        case idle
        case loadPositions
        case loadDeliveries
        case claim
        case calls
        case begin
        case effects
        case finish
        case waiting
        /// Of a worker that commits positions first.
        case lateEffects
    }

    let number: Int
    /// How many lanes it believes there are.
    let laneCount: Int
    /// So many lanes it takes at most.
    let share: Int
    var phase = Phase.down
    var session: SessionHandle?
    private(set) var frozenUntil = 0
    /// Lanes that it may work on.
    private(set) var lanes: [Int] = []
    /// By lane.
    var held: [HeldLane?]
    private var loading: [Int] = []
    var batch: Batch?
    var chunk: Chunk?
    /// Of a worker that takes a chunk in two steps.
    var chunkSnapshot: Int?
    /// Of a worker that reads what was there when it last read.
    var logCount = 0

    init(_ number: Int, laneCount: Int, share: Int) {
        self.number = number
        self.laneCount = laneCount
        self.share = share
        held = Array(repeating: nil, count: laneCount)
    }

    var actor: Participant { .worker(number) }

    mutating func step(_ world: World) {
        guard frozenUntil <= world.now else { return }
        guard phase != .down else { return start(world) }
        // Calls need no session, and nobody looks at it meanwhile.
        if phase == .calls { return stepCalls(world) }
        guard let session, world.server.isAlive(session) else { return reconnect(world) }
        world.server.sessions[session.slot].lastActive = world.now
        switch phase {
        case .down, .calls: break
        case .idle: chooseWork(world)
        case .loadPositions: loadPositions(world)
        case .loadDeliveries: loadDeliveries(world)
        case .claim: claim(world)
        case .begin: begin(world)
        case .effects: stepEffects(world)
        case .finish: finish(world, session.slot)
        case .waiting: receiveResult(world, session.slot)
        case .lateEffects: stepLateEffects(world)
        }
    }

    // MARK: Life and death

    private mutating func start(_ world: World) {
        guard world.isDraining || world.random.chance(20) else { return }
        phase = .idle
        reconnect(world)
    }

    private mutating func reconnect(_ world: World) {
        let remembered = held
        forget(world)
        lanes = []
        session = world.server.connect(hasTimeouts: world.scenario.locking == .session)
        phase = .idle
        world.note(.connects, actor)
        if world.flaw == .memoryKeptOverCrash || world.flaw == .memoryKeptWhereVersionsAgree {
            for lane in remembered.indices where remembered[lane] != nil && lock(lane, world) {
                held[lane] = remembered[lane]
                lanes.append(lane)
            }
        }
    }

    /// The process dies. Its session goes on with what it was sent, until the server notices.
    mutating func crash(_ world: World) {
        guard phase != .down else { return }
        world.note(.crashes, actor)
        world.server.tally.workerCrashes += 1
        if let session, world.server.isAlive(session) { world.server.sessions[session.slot].isOrphan = true }
        self = Worker(number, laneCount: laneCount, share: share)
    }

    mutating func freeze(until time: Int, _ world: World) {
        world.note(.freezes, actor, time)
        frozenUntil = time
    }

    mutating func thaw() { frozenUntil = 0 }

    /// Whatever is in doubt: nobody but the database knows.
    mutating func forget(_ world: World) {
        world.note(.forgets, actor)
        if frozenUntil > 0, batch != nil { world.server.tally.zombies += 1 }
        thaw()
        for lane in held.indices { held[lane] = nil }
        batch = nil
        chunkSnapshot = nil
        dropChunk(world)
        loading = lanes
        phase = lanes.isEmpty ? .idle : firstLoad(world)
    }

    mutating func dropChunk(_ world: World) {
        guard chunk != nil, world.flaw != .chunkKeptOverHands else { return }
        world.server.tally.chunksDropped += 1
        chunk = nil
    }

    // MARK: Lanes

    /// `pg_try_advisory_lock`.
    private func lock(_ lane: Int, _ world: World) -> Bool {
        if world.scenario.locking == .none { return true }
        guard let session, world.server.laneHolders[lane] == 0 else { return false }
        world.server.laneHolders[lane] = session.serial
        return true
    }

    mutating func takeLanes(_ world: World) {
        let first = world.random.below(laneCount)
        var taken: [Int] = []
        for offset in 0..<laneCount where lanes.count + taken.count < share {
            let lane = (first + offset) % laneCount
            if !lanes.contains(lane), lock(lane, world) { taken.append(lane) }
        }
        world.note(.takesLanes, actor, taken.count, first)
        guard !taken.isEmpty else { return }
        lanes += taken
        lanes.sort()
        loading = taken
        phase = firstLoad(world)
    }

    /// A lane that it works on without the lock: nothing is wrong with that, but somebody else may do so, too.
    func lostLane(_ world: World) -> Int? {
        guard world.scenario.locking != .none, let session else { return nil }
        return lanes.first { world.server.laneHolders[$0] != session.serial }
    }

    /// Between batches only. What is ahead of the database is read again by whoever comes next, and holds nothing.
    mutating func release(_ lane: Int, _ world: World) {
        lanes.removeAll { $0 == lane }
        world.note(.releasesLanes, actor, lane)
        held[lane] = nil
        if let session, world.server.laneHolders[lane] == session.serial { world.server.laneHolders[lane] = 0 }
        dropChunk(world)
    }

    /// The position comes before the deliveries: then these may be newer than it says, which the next commit finds
    /// out; the other way round they would be older, and nobody would.
    private func firstLoad(_ world: World) -> Phase {
        world.flaw == .deliveriesReadFirst ? .loadDeliveries : .loadPositions
    }

    private mutating func loadPositions(_ world: World) {
        for lane in loading {
            guard let newest = world.server.contents.positions[lane].last else { continue }
            let parked = held[lane]?.parked ?? []
            held[lane] = HeldLane(
                version: newest.version, generation: newest.generation, place: newest.place,
                writtenID: world.server.contents.nextID, parked: parked
            )
            world.note(.readsPositions, actor, lane, newest.version)
        }
        phase = world.flaw == .deliveriesReadFirst ? .idle : .loadDeliveries
        if phase == .idle { loading = [] }
    }

    private mutating func loadDeliveries(_ world: World) {
        let isFirst = world.flaw == .deliveriesReadFirst
        for lane in loading {
            if isFirst { held[lane] = HeldLane(version: 0, generation: 0, place: Place(lo: 0)) }
            held[lane]?.parked = []
        }
        for delivery in world.server.contents.deliveries where loading.contains(delivery.lane) {
            held[delivery.lane]?.park(delivery)
        }
        world.note(.readsDeliveries, actor, loading.count)
        phase = isFirst ? .loadPositions : .idle
        if phase == .idle { loading = [] }
    }
}
