/// What has become of each version of each row: it is never asked by the protocol, and rolled back with the database.
struct Truth {
    enum State: UInt8 {
        case pending
        case done
        /// Before the start, or in the row that a backfill has shown.
        case superseded
        case discarded
        /// A dead letter that holds up nobody.
        case released
    }

    enum Backfill: UInt8 {
        case none
        case due
        case done
        case discarded
        case released
    }

    /// The versions of one row; version 1 comes first.
    struct Key {
        var states: [State] = []
        /// How many rewinds there had been when a version was last to be done again.
        var epochs: [Int] = []
        var backfill = Backfill.none
        var backfilledVersion = 0
    }

    private(set) var keys: [Key]
    /// How many rewinds there have been.
    private(set) var epoch = 0

    init(keys count: Int) { keys = Array(repeating: Key(), count: count) }

    /// How many effects are still to come.
    var undone: Int {
        var count = 0
        for key in keys {
            if key.backfill == .due { count += 1 }
            for state in key.states where state == .pending { count += 1 }
        }
        return count
    }

    mutating func append(_ key: Int) {
        keys[key].states.append(.pending)
        keys[key].epochs.append(0)
    }

    /// All there is so far is before the start.
    mutating func supersede(_ key: Int, upTo version: Int) {
        for index in 0..<min(version, keys[key].states.count) { keys[key].states[index] = .superseded }
    }

    /// Notes the effect of a version.
    mutating func apply(_ key: Int, _ version: Int) -> Fault? {
        let name = "version \(version) of row \(key)"
        guard version >= 1, version <= keys[key].states.count else {
            return Fault(kind: .doubled, detail: "\(name) has an effect, and is not there")
        }
        let state = keys[key].states[version - 1]
        guard state == .pending || state == .released else {
            return Fault(kind: .doubled, detail: "\(name) has an effect, and was \(state)")
        }
        keys[key].states[version - 1] = .done
        if state == .released { return nil }
        if keys[key].backfill == .due {
            return Fault(kind: .outOfOrder, detail: "\(name) has an effect before the backfilled row")
        }
        for earlier in 0..<version - 1 where keys[key].states[earlier] == .pending {
            return Fault(kind: .outOfOrder, detail: "\(name) has an effect before version \(earlier + 1)")
        }
        return nil
    }

    /// Notes the effect of a backfilled row.
    mutating func applyBackfill(_ key: Int, _ version: Int) -> Fault? {
        guard keys[key].backfill == .due || keys[key].backfill == .released else {
            return Fault(kind: .doubled, detail: "row \(key) was backfilled and was \(keys[key].backfill)")
        }
        keys[key].backfill = .done
        guard version == keys[key].backfilledVersion else {
            let expected = keys[key].backfilledVersion
            let detail = "row \(key) was backfilled as version \(version), and had come to \(expected)"
            return Fault(kind: version < expected ? .lost : .doubled, detail: detail)
        }
        return nil
    }

    /// Notes that a backfill has come past a row, which was this at the snapshot that the next window begins with.
    mutating func pass(_ key: Int, _ row: Row) -> Fault? {
        for index in 0..<min(row.version, keys[key].states.count) {
            guard keys[key].states[index] == .pending else {
                let detail = "version \(index + 1) of row \(key) is backfilled, and was \(keys[key].states[index])"
                return Fault(kind: .doubled, detail: detail)
            }
            keys[key].states[index] = .superseded
        }
        if row.exists {
            keys[key].backfill = .due
            keys[key].backfilledVersion = row.version
        }
        return nil
    }

    mutating func beginEpoch() { epoch += 1 }

    /// A version is to be done again.
    mutating func rewind(_ key: Int, _ version: Int) {
        keys[key].states[version - 1] = .pending
        keys[key].epochs[version - 1] = epoch
    }

    mutating func discard(_ key: Int, _ version: Int, isBackfill: Bool) {
        if isBackfill { keys[key].backfill = .discarded } else { keys[key].states[version - 1] = .discarded }
    }

    mutating func release(_ key: Int, _ version: Int, isBackfill: Bool) {
        if isBackfill { keys[key].backfill = .released } else { keys[key].states[version - 1] = .released }
    }
}
