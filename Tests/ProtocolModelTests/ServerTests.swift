import Testing

@testable import ProtocolModel

@Suite("The modelled server")
struct ServerTests {
    private func server() -> Server {
        var scenario = Scenario()
        scenario.lanes = 1
        scenario.losesCommits = true
        let server = Server(
            scenario, flaw: nil, rows: Array(repeating: Row(version: 0, exists: false), count: 3), isTraced: false)
        server.isHealthy = true
        return server
    }

    @Test("A snapshot sees what has ended: not what is open, however low its id, nor what comes later")
    func snapshots() {
        let server = server()
        let (early, late) = (server.drawXid(), server.drawXid())
        server.commit(Transaction(xid: late))
        let one = server.takeSnapshot()
        let before = server.snapshots[one]
        #expect(before.sees(late) && !before.sees(early) && !before.sees(late + 1))
        server.rollBack(Transaction(xid: early))
        let other = server.takeSnapshot()
        let after = server.snapshots[other]
        #expect(after.sees(early) && after.sees(late) && after.xip.isEmpty)
    }

    @Test("A transaction's own id counts as seen as soon as a later transaction has ended")
    func ownID() {
        let server = server()
        let own = server.drawXid()
        let before = server.takeSnapshot(own: own)
        #expect(!server.snapshots[before].sees(own))
        server.commit(Transaction(xid: server.drawXid()))
        let after = server.takeSnapshot(own: own)
        #expect(server.snapshots[after].sees(own))
        let ofOthers = server.takeSnapshot()
        #expect(!server.snapshots[ofOthers].sees(own))
    }

    @Test("Ids are drawn when a row is written, versions are counted by who holds the row")
    func writing() {
        let server = server()
        var (one, other) = (Transaction(), Transaction())
        let written = [
            server.write(0, deletes: false, isEcho: false, in: &one),
            server.write(0, deletes: false, isEcho: false, in: &one),
            server.write(1, deletes: false, isEcho: false, in: &other),
            server.write(0, deletes: false, isEcho: false, in: &other),
        ]
        #expect(written == [true, true, true, false])
        server.commit(other)
        server.commit(one)
        #expect(server.contents.log.map(\.id) == [3, 1, 2])
        #expect(server.contents.log.map(\.version) == [1, 1, 2])
        #expect(server.contents.rows[0] == Row(version: 2, exists: true))
    }

    // MARK: Positions

    private func begin(_ server: Server, expecting version: Int) -> Int {
        let session = server.connect(hasTimeouts: false)
        server.sessions[session.slot].transaction = Transaction(xid: server.drawXid())
        let entry = Advance.Entry(lane: 0, expected: version, place: Place(lo: 0))
        server.sessions[session.slot].segment = Segment(
            deliveries: [], advance: Advance(entries: [entry], generation: 1))
        return session.slot
    }

    /// Executes a segment up to a stage, or to its end, or until it has to wait.
    private func settle(_ server: Server, _ slot: Int, until stage: Segment.Stage? = nil) {
        var random = SeededGenerator(seed: 1)
        while let segment = server.sessions[slot].segment, segment.stage != stage {
            guard server.executeStage(slot, &random) else { return }
        }
    }

    @Test("Of two that insert the same version one waits for the other, and fails if that commits")
    func secondFails() {
        let server = server()
        server.contents.insert(Position(version: 1, generation: 1, place: Place(lo: 0), at: 0), lane: 0)
        let (first, second) = (begin(server, expecting: 1), begin(server, expecting: 1))
        settle(server, first, until: .commit)
        settle(server, second)
        #expect(server.sessions[second].segment?.stage == .insert && server.tally.waits > 0)
        settle(server, first)
        settle(server, second)
        #expect(server.sessions[first].result == .committed && server.sessions[second].result == .refused)
        #expect(server.contents.positions[0].map(\.version) == [1, 2])
    }

    @Test("The one that waits goes on if the other's session ends; who expects an old version is refused")
    func secondGoesOn() {
        let server = server()
        server.contents.insert(Position(version: 1, generation: 1, place: Place(lo: 0), at: 0), lane: 0)
        let (first, second) = (begin(server, expecting: 1), begin(server, expecting: 1))
        settle(server, first, until: .commit)
        settle(server, second)
        server.endSession(first)
        settle(server, second)
        #expect(server.sessions[second].result == .committed)
        let third = begin(server, expecting: 1)
        settle(server, third)
        #expect(server.sessions[third].result == .refused)
    }

    @Test("A transaction that has failed is answered with ROLLBACK, and nothing of it happens")
    func failedTransaction() {
        let server = server()
        server.contents.insert(Position(version: 1, generation: 1, place: Place(lo: 0), at: 0), lane: 0)
        let slot = begin(server, expecting: 1)
        server.sessions[slot].transaction?.isFailed = true
        settle(server, slot)
        #expect(server.sessions[slot].result == .rolledBack && server.contents.positions[0].count == 1)
    }

    // MARK: Crashes

    @Test("A crash takes back what was not flushed, ids and all; sessions, their transactions and locks are gone")
    func crash() {
        let server = server()
        var kept = Transaction()
        _ = server.write(0, deletes: false, isEcho: false, in: &kept)
        server.commit(kept, isDurable: true)
        var lost = Transaction()
        _ = server.write(0, deletes: false, isEcho: false, in: &lost)
        server.commit(lost)
        let session = server.connect(hasTimeouts: false)
        server.laneHolders[0] = session.serial
        let (nextID, nextXid) = (server.contents.nextID, server.contents.nextXid)
        server.crash()
        #expect(server.contents.rows[0].version == 1 && server.contents.log.count == 1)
        #expect(server.contents.nextID < nextID && server.contents.nextXid < nextXid)
        #expect(!server.isAlive(session) && server.laneHolders[0] == 0 && server.incarnation == 2)
    }

    @Test("ROLLBACK TO takes back what came after the savepoint, whoever sent it")
    func savepoints() {
        var transaction = Transaction(xid: 1)
        transaction.savepoints.append((name: 7, count: 0))
        transaction.operations.append(.generation(2))
        let isThere = transaction.rollBack(to: 7)
        #expect(isThere && transaction.operations.isEmpty && !transaction.isFailed)
        let isThereToo = transaction.rollBack(to: 8)
        #expect(!isThereToo && transaction.isFailed)
    }
}
