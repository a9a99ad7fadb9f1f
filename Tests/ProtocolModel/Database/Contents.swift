/// All that is committed: a crash of the server rolls it back as a whole.
struct Contents {
    var nextXid = 1
    /// The newest transaction that has ended.
    var latestXid = 0
    var nextID = 1
    var rows: [Row]
    /// In the order of commits.
    var log: [LogRecord] = []
    /// By lane, in ascending order of versions.
    var positions: [[Position]]
    /// Snapshots that were recorded, in ascending order.
    var ticks: [Int] = []
    var deliveries: [Delivery] = []
    var generation = 1
    var commits = 0
    var truth: Truth

    mutating func insert(_ position: Position, lane: Int) {
        var index = positions[lane].count
        while index > 0, positions[lane][index - 1].version > position.version { index -= 1 }
        positions[lane].insert(position, at: index)
    }

    mutating func recordTick(_ snapshot: Int) {
        if ticks.contains(snapshot) { return }
        ticks.append(snapshot)
        ticks.sort()
    }

    func hasPosition(_ lane: Int, _ version: Int) -> Bool {
        for position in positions[lane].reversed() where position.version == version { return true }
        return false
    }

    func deliveryIndex(_ item: Item) -> Int? {
        for (index, delivery) in deliveries.enumerated() where delivery.isAbout(item) { return index }
        return nil
    }

    func hasRecord(_ id: Int, xid: Int, incarnation: Int) -> Bool {
        for record in log where record.id == id && record.xid == xid && record.incarnation == incarnation {
            return true
        }
        return false
    }
}
