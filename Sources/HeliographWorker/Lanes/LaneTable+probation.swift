extension LaneTable {
    /// The lanes' last holder has died, as it seems: for so many records each is received alone.
    mutating func putOnProbation(_ lanes: some Sequence<Int>, for records: Int) {
        for lane in lanes { update(lane) { $0.probation = records } }
    }

    /// Records of lanes that are read together have been received alone.
    mutating func serveProbation(_ lanes: some Sequence<Int>, records: Int) {
        for lane in lanes { update(lane) { $0.probation = max(0, $0.probation - records) } }
    }

    /// Those of these that were on probation and are no more, when what their last holder can have read is behind them.
    mutating func endProbation(_ candidates: some Sequence<Int>) -> [Int] {
        let ended = candidates.filter { (lanes[$0]?.probation ?? 0) > 0 }
        for lane in ended { update(lane) { $0.probation = 0 } }
        return ended
    }
}
