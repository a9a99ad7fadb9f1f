extension LaneTable {
    /// Lanes' last holder has not given them up.
    /// - Parameters:
    ///   - records: as many as a batch can have.
    mutating func putOnProbation(
        _ inherited: [(lane: Int, suspect: String?)], for records: Int, at now: ContinuousClock.Instant
    ) {
        for (lane, suspect) in inherited {
            // Of the lane no more than there were.
            let singles = suspect.map { Probation.count(in: $0) ?? 1 } ?? 0
            update(lane) { $0.probation = Probation(records: records, singles: singles) }
            // One record, by itself and later than all others: whoever kills workers as soon as they work does not hit it then.
            if let suspect, Probation.count(in: suspect) == nil, let place = lanes[lane]?.place {
                block(lane, at: place, until: now + Probation.peace)
            }
        }
    }

    /// Records have been received, for lanes that are read together.
    /// - Parameter received: their lanes, one for each.
    mutating func serveProbation(_ lanes: some Sequence<Int>, received: [Int]) {
        for lane in lanes {
            update(lane) { state in
                state.probation?.records -= received.count
                state.probation?.singles -= received.count { $0 == lane }
                if let left = state.probation?.records, left <= 0 { state.probation = nil }
            }
        }
    }

    /// What their last holder can have read is behind these lanes.
    mutating func endProbation(_ lanes: some Sequence<Int>) {
        for lane in lanes { update(lane) { $0.probation = nil } }
    }
}
