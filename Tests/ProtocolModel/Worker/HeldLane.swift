/// What a worker has in memory of a lane.
struct HeldLane {
    var version: Int
    let generation: Int
    var place: Place
    /// Whether the place is ahead of the database, and the log has moved.
    var isDirty = false
    /// The next id of the log when the place was last written.
    var writtenID = 0
    /// In the order of ids.
    var parked: [Delivery] = []

    /// Whether a record of this key has to wait behind another.
    func blocks(_ key: Int) -> Bool {
        for delivery in parked where delivery.item.key == key && !delivery.isReleased { return true }
        return false
    }

    mutating func park(_ delivery: Delivery) {
        var index = parked.count
        while index > 0, parked[index - 1].item.id > delivery.item.id { index -= 1 }
        parked.insert(delivery, at: index)
    }

    mutating func replace(_ delivery: Delivery) {
        for index in parked.indices where parked[index].isAbout(delivery.item) { parked[index] = delivery }
    }

    /// The first record that is due of those that are the first of their key.
    func due(at time: Int) -> Delivery? {
        var waiting: [Int] = []
        for delivery in parked {
            if delivery.isReleased {
                if !delivery.isDead, delivery.due <= time { return delivery }
                continue
            }
            if waiting.contains(delivery.item.key) { continue }
            if !delivery.isDead, delivery.due <= time { return delivery }
            waiting.append(delivery.item.key)
        }
        return nil
    }
}
