extension LaneTable {
    /// Lanes' last holder has not given them up.
    /// - Parameters:
    ///   - records: as many as a batch can have.
    mutating func putOnProbation(
        _ inherited: [(lane: Int, suspect: String?)], for records: Int, at now: ContinuousClock.Instant
    ) {
        for (lane, suspect) in inherited {
            update(lane) {
                $0.probation = Probation(records: records, singles: suspect == nil ? 0 : Probation.few)
            }
            // One record, by itself and later than all others: whoever kills workers as soon as they work does not hit it then.
            if let suspect, suspect != Probation.some, let place = lanes[lane]?.place {
                block(lane, at: place, until: now + Probation.peace)
            }
        }
    }

    /// Records of lanes that are read together have been received.
    mutating func serveProbation(_ lanes: some Sequence<Int>, records: Int) {
        for lane in lanes {
            update(lane) { state in
                state.probation?.records -= records
                state.probation?.singles -= records
                if let left = state.probation?.records, left <= 0 { state.probation = nil }
            }
        }
    }

    /// What their last holder can have read is behind these lanes.
    mutating func endProbation(_ lanes: some Sequence<Int>) {
        for lane in lanes { update(lane) { $0.probation = nil } }
    }
}
