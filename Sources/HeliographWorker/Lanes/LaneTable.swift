import HeliographLog

/// The lanes that a session holds and their places: without input or output.
///
/// A place moves in memory past records of other lanes, and in the database only with effects or when it is flushed. After a crash
/// the part that was only in memory is read again, and holds nothing for the lane.
struct LaneTable {
    struct Lane: Equatable {
        /// The newest version in the database; only who knows it can advance the lane.
        var version: Int64
        var generation: Int
        var place: LanePlace
        /// Whether the place is ahead of the database.
        var isDirty = false
        /// All transactions before this one are behind the place that the database has.
        var writtenXmin: UInt64
        /// The lane's next record met a lock of somebody else, which is no failure: how often.
        var stalls = 0
        /// When to try again.
        var blockedUntil: ContinuousClock.Instant?
        /// Its last holder has died of one of its records, as it seems.
        var probation: Probation?
        /// The keys of which records are parked.
        var parked: [Int32: ParkedKey] = [:]

        var isSuspect: Bool { stalls > 0 }

        mutating func forgive() {
            stalls = 0
            blockedUntil = nil
        }
    }

    /// Lanes with the same place, which are read together.
    struct Group: Equatable {
        let place: LanePlace
        let generation: Int
        /// In ascending order.
        let lanes: [Int]
        /// Whether the first record met a lock before and is to be tried alone.
        let isSuspect: Bool
        /// So many records may be received at a time, because the lanes are on probation; `nil` for any number.
        var probationSize: Int?
    }

    private(set) var lanes: [Int: Lane] = [:]
    /// Whether nothing is left of what was there when the lanes were read last, but what is parked.
    var isDrained: Bool {
        lanes.values.allSatisfy { $0.place.hi == nil && $0.place.frontier == nil && $0.blockedUntil == nil }
    }
    /// Whether everything fails at the moment.
    var breaker = OutageBreaker()
    var pace = Pace()

    var held: [Int] { lanes.keys.sorted() }
    var isDirty: Bool { lanes.values.contains(where: \.isDirty) }

    /// All transactions before this one are behind every lane, as the database has it; `nil` where none is held.
    var writtenXmin: UInt64? { lanes.values.map(\.writtenXmin).min() }

    /// Takes over what the database says of lanes that have just been locked.
    mutating func hold(_ lane: Int, version: Int64, generation: Int, place: LanePlace) {
        lanes[lane] = Lane(
            version: version, generation: generation, place: place, writtenXmin: place.lo.snapshot.xmin)
    }

    /// Changes what is known of a lane, if it is held.
    mutating func update(_ lane: Int, _ change: (inout Lane) -> Void) {
        guard var state = lanes[lane] else { return }
        change(&state)
        lanes[lane] = state
    }

    /// Forgets a lane whose lock has been given up.
    mutating func release(_ lane: Int) { lanes[lane] = nil }

    /// The lanes that can be read now, by place. Those that met a lock stand alone, so that they hold nobody else up.
    func groups(at now: ContinuousClock.Instant) -> [Group] {
        var groups: [Group] = []
        for lane in held {
            guard let state = lanes[lane] else { continue }
            if let until = state.blockedUntil, until > now { continue }
            if state.isSuspect {
                groups.append(
                    Group(
                        place: state.place, generation: state.generation, lanes: [lane], isSuspect: true,
                        probationSize: state.probation?.size))
                continue
            }
            let match = groups.firstIndex {
                !$0.isSuspect && $0.generation == state.generation && $0.place == state.place
                    && $0.probationSize == state.probation?.size
            }
            if let match {
                let group = groups[match]
                groups[match] = Group(
                    place: group.place.preferringTicks(of: state.place), generation: group.generation,
                    lanes: group.lanes + [lane], isSuspect: false, probationSize: group.probationSize
                )
            } else {
                groups.append(
                    Group(
                        place: state.place, generation: state.generation, lanes: [lane], isSuspect: false,
                        probationSize: state.probation?.size)
                )
            }
        }
        return groups
    }

    /// These lanes together, if they stand in the middle of a window of the log.
    func openGroup(of lanes: [Int], at now: ContinuousClock.Instant) -> Group? {
        groups(at: now).first { $0.lanes == lanes && $0.place.hi != nil && $0.place.frontier == nil }
    }

    /// Moves lanes on in memory: the log holds nothing for them up to there.
    mutating func skip(_ skipped: some Sequence<Int>, to place: LanePlace) {
        for lane in skipped {
            guard var state = lanes[lane] else { continue }
            if state.place == place {
                state.place = state.place.preferringTicks(of: place)
            } else {
                state.place = place
                state.isDirty = true
                // The record that failed is behind it: done with, or gone.
                state.forgive()
            }
            lanes[lane] = state
        }
    }

    /// Notes that the database has accepted a place for these lanes, with the effects of a batch.
    mutating func commit(_ written: some Sequence<Int>, at place: LanePlace) {
        flush(written, at: place)
        for lane in written { lanes[lane]?.forgive() }
    }

    /// Notes that the database has accepted a place that was ahead of it.
    mutating func flush(_ written: some Sequence<Int>, at place: LanePlace) {
        for lane in written {
            lanes[lane]?.version += 1
            lanes[lane]?.place = place
            lanes[lane]?.isDirty = false
            lanes[lane]?.writtenXmin = place.lo.snapshot.xmin
        }
    }

    /// The lanes among these whose place is ahead of the database, by place.
    func dirtyGroups(among candidates: some Sequence<Int>) -> [(place: LanePlace, lanes: [Int])] {
        var groups: [(place: LanePlace, generation: Int, lanes: [Int])] = []
        for lane in candidates.sorted() {
            guard let state = lanes[lane], state.isDirty else { continue }
            if let match = groups.firstIndex(where: { $0.place == state.place && $0.generation == state.generation }) {
                groups[match].place = groups[match].place.preferringTicks(of: state.place)
                groups[match].lanes.append(lane)
            } else {
                groups.append((state.place, state.generation, [lane]))
            }
        }
        return groups.map { ($0.place, $0.lanes) }
    }

    /// Stops a lane before a record that cannot be done with now; the others go on.
    mutating func block(_ lane: Int, at place: LanePlace, until: ContinuousClock.Instant) {
        guard var state = lanes[lane] else { return }
        if state.place != place { state.isDirty = true }
        state.place = place
        state.stalls += 1
        state.blockedUntil = until
        lanes[lane] = state
    }

    /// When there is something to do though no bell rings: a blocked lane, a parked key.
    var nextRetry: ContinuousClock.Instant? {
        var next: ContinuousClock.Instant?
        for lane in lanes.values {
            if let until = lane.blockedUntil { next = next.map { min($0, until) } ?? until }
            for key in lane.parked.values where !key.isDead { next = next.map { min($0, key.dueAt) } ?? key.dueAt }
        }
        guard let next else { return breaker.nextProbe }
        return breaker.nextProbe.map { max($0, next) } ?? next
    }
}

extension LanePlace {
    /// The same place; with the ticks of an equal one, where this has none.
    func preferringTicks(of other: LanePlace) -> LanePlace {
        var place = self
        if place.lo.tick == nil { place.lo.tick = other.lo.tick }
        if place.hi?.tick == nil { place.hi?.tick = other.hi?.tick }
        return place
    }
}
