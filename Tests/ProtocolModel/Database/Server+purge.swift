extension Server {
    /// Deletes superseded positions that are old enough.
    func purge() {
        let age = flaw == .purgeWithoutAge ? 0 : Scenario.purgeAge
        for lane in contents.positions.indices {
            guard let newest = contents.positions[lane].last else { continue }
            let count = contents.positions[lane].count
            let (now, flaw) = (now, flaw)
            contents.positions[lane].removeAll {
                $0.at < now - age && ($0.version < newest.version || flaw == .purgeOfNewest)
            }
            tally.purged += count - contents.positions[lane].count
        }
        trace.note(.purges, .housekeeper, at: now, tally.purged)
    }
}
