/// A program that writes rows, and ends its transactions early or late, and not always by COMMIT.
struct Writer {
    let number: Int
    /// In how many of a hundred steps it ends its transaction.
    let haste: Int
    private var transaction: Transaction?

    init(_ number: Int, haste: Int) {
        self.number = number
        self.haste = haste
    }

    mutating func step(_ world: World) {
        guard var open = transaction else {
            transaction = Transaction()
            return
        }
        if !open.operations.isEmpty, world.random.chance(haste) { return end(world) }
        let key = world.random.below(world.scenario.keys)
        let deletes = world.random.chance(20)
        if world.server.write(key, deletes: deletes, isEcho: false, in: &open) {
            world.note(.writes, .writer(number), key, open.xid, world.server.contents.nextID - 1)
        }
        transaction = open
    }

    mutating func end(_ world: World) {
        guard let open = transaction else { return }
        transaction = nil
        if world.random.chance(75) {
            world.note(.commits, .writer(number), open.xid)
            world.server.commit(open)
        } else {
            world.note(.rollsBack, .writer(number), open.xid)
            world.server.rollBack(open)
        }
    }

    /// The server is not there any more.
    mutating func lose() { transaction = nil }
}
