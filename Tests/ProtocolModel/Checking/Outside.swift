/// The world outside of the database: it remembers what it was told, also when the server crashes.
struct Outside {
    /// What calls of the same change have in common, and no others.
    struct IdempotencyKey: Equatable {
        let incarnation: Int
        let generation: Int
        let id: Int
        let xid: Int
        /// Of a backfilled row, which has neither id nor transaction.
        let row: Int?
        let snapshot: Int?
    }

    struct Call {
        let key: IdempotencyKey
        let item: Item
        let generation: Int
        /// How many rewinds there had been when it came.
        let epoch: Int
        /// The server's life in which it came.
        let incarnation: Int
    }

    /// Those that were not known by their idempotency key.
    private(set) var calls: [Call] = []

    /// - Returns: whether it was the first with its idempotency key.
    mutating func call(_ item: Item, generation: Int, _ server: Server) -> Bool {
        let flaw = server.flaw
        let key = IdempotencyKey(
            incarnation: flaw == .keyOfCurrentIncarnation ? server.incarnation : item.incarnation,
            generation: generation, id: item.id, xid: item.xid, row: item.isBackfill ? item.key : nil,
            snapshot: flaw == .backfillKeyWithoutSnapshot ? nil : item.readIn
        )
        server.tally.calls += 1
        for call in calls where call.key == key {
            server.tally.repeatedCalls += 1
            return false
        }
        server.report(fault(of: item, generation, server))
        let epoch = server.contents.truth.epoch
        calls.append(
            Call(key: key, item: item, generation: generation, epoch: epoch, incarnation: server.incarnation))
        return true
    }

    private func fault(of item: Item, _ generation: Int, _ server: Server) -> Fault? {
        guard !item.isBackfill else { return nil }
        for call in calls where call.generation == generation && isSame(call.item, item) {
            return Fault(kind: .doubled, detail: "record \(item.id) was told under two idempotency keys")
        }
        // A call of a generation that a rewind has ended comes in any order.
        guard generation == server.contents.generation else { return nil }
        let key = server.contents.truth.keys[item.key]
        for earlier in 0..<min(item.version - 1, key.states.count) where key.states[earlier] == .pending {
            if !wasTold(item.key, earlier + 1, since: key.epochs[earlier]) {
                let detail = "version \(item.version) of row \(item.key) is told before version \(earlier + 1)"
                return Fault(kind: .outOfOrder, detail: detail)
            }
        }
        return nil
    }

    private func isSame(_ left: Item, _ right: Item) -> Bool {
        !left.isBackfill && left.id == right.id && left.xid == right.xid && left.incarnation == right.incarnation
    }

    private func wasTold(_ key: Int, _ version: Int, since epoch: Int) -> Bool {
        for call in calls where call.item.key == key && !call.item.isBackfill && call.item.version == version {
            if call.epoch >= epoch { return true }
        }
        return false
    }

    /// What was told in the life of the server that has just ended, and is not in the database any more.
    func mailForLostChange(_ server: Server) -> Fault? {
        for call in calls where call.incarnation == server.incarnation - 1 {
            let item = call.item
            let isThere =
                item.isBackfill
                ? server.contents.rows[item.key].version >= item.version
                : server.contents.hasRecord(item.id, xid: item.xid, incarnation: item.incarnation)
            if !isThere {
                let detail = "version \(item.version) of row \(item.key) was told, and a crash has taken it back"
                return Fault(kind: .mailForLostChange, detail: detail)
            }
        }
        return nil
    }

    /// What the database has for done, and was never told.
    func untold(_ server: Server) -> Fault? {
        for (key, truth) in server.contents.truth.keys.enumerated() {
            if truth.backfill == .done {
                let version = truth.backfilledVersion
                let wasTold = calls.contains {
                    $0.item.isBackfill && $0.item.key == key && $0.item.version == version
                }
                if !wasTold {
                    return Fault(kind: .lost, detail: "that row \(key) is backfilled as \(version) was not told")
                }
            }
            for (index, state) in truth.states.enumerated() where state == .done {
                if !wasTold(key, index + 1, since: truth.epochs[index]) {
                    return Fault(kind: .lost, detail: "version \(index + 1) of row \(key) was not told")
                }
            }
        }
        return nil
    }
}
