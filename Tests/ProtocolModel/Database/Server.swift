/// A modelled PostgreSQL: statements see what is committed when they begin, and what their own transaction has written.
final class Server {
    let scenario: Scenario
    let flaw: Flaw?
    /// What is committed.
    var contents: Contents
    /// What a crash would leave of it.
    private(set) var durable: Contents
    private(set) var incarnation = 1
    var now = 0
    /// All that were ever taken; positions and ticks refer to them by number.
    private(set) var snapshots: [Snapshot]
    /// Transactions that have an id and are open, in ascending order.
    private(set) var running: [Int] = []
    /// By row, the transaction that has written it and is open; 0 for none.
    private(set) var rowHolders: [Int]
    /// By lane, the serial number of the session that has locked it; 0 for none.
    var laneHolders: [Int]
    var sessions: [Session] = []
    private var lastSerial = 0
    private(set) var fault: Fault?
    /// Whether it runs smoothly: processes do not stand still, answers arrive.
    var isHealthy = false
    var trace: Trace
    var tally = Tally()

    init(_ scenario: Scenario, flaw: Flaw?, rows: [Row], isTraced: Bool) {
        self.scenario = scenario
        self.flaw = flaw
        var truth = Truth(keys: rows.count)
        for (key, row) in rows.enumerated() where row.version > 0 { truth.append(key) }
        contents = Contents(rows: rows, positions: Array(repeating: [], count: scenario.lanes), truth: truth)
        durable = contents
        snapshots = [Snapshot(xmin: 1, xmax: 1, xip: [], rows: rows, incarnation: 1)]
        rowHolders = Array(repeating: 0, count: rows.count)
        laneHolders = Array(repeating: 0, count: scenario.lanes)
        trace = Trace(isRecorded: isTraced)
    }

    func report(_ found: Fault?) { fault = fault ?? found }

    // MARK: Transactions

    func drawXid() -> Int {
        let xid = contents.nextXid
        contents.nextXid += 1
        running.append(xid)
        return xid
    }

    private func end(_ xid: Int) {
        guard xid > 0 else { return }
        if let newest = running.last, xid < newest { tally.lateCommitters += 1 }
        running.removeAll { $0 == xid }
        contents.latestXid = max(contents.latestXid, xid)
        for key in rowHolders.indices where rowHolders[key] == xid { rowHolders[key] = 0 }
    }

    func commit(_ transaction: Transaction, isDurable: Bool = false) {
        // Positions first: they may say that a backfill has come past rows whose effects are in this transaction.
        for case .position(let lane, let position) in transaction.operations { apply(position, to: lane) }
        for operation in transaction.operations { apply(operation) }
        end(transaction.xid)
        contents.commits += 1
        if isDurable { flush() }
    }

    func rollBack(_ transaction: Transaction) { end(transaction.xid) }

    /// A statement that is a transaction by itself.
    func autocommit(_ operation: Operation) { commit(Transaction(xid: drawXid(), operations: [operation])) }

    /// Writes the next version of a row, if nobody else holds it.
    func write(_ key: Int, deletes: Bool, isEcho: Bool, in transaction: inout Transaction) -> Bool {
        guard rowHolders[key] == 0 || rowHolders[key] == transaction.xid else { return false }
        if transaction.xid == 0 { transaction.xid = drawXid() }
        rowHolders[key] = transaction.xid
        let exists = transaction.exists(key, before: contents.rows[key].exists)
        let version = contents.rows[key].version + transaction.versions(of: key) + 1
        let record = LogRecord(
            id: contents.nextID, xid: transaction.xid, incarnation: incarnation, key: key, version: version,
            isEcho: isEcho
        )
        contents.nextID += 1
        transaction.operations.append(.record(record))
        transaction.operations.append(.row(key: key, Row(version: version, exists: !(exists && deletes))))
        return true
    }

    // MARK: Snapshots

    /// `pg_current_snapshot()`.
    /// - Parameter own: the caller's transaction, which counts as ended as soon as a later one has.
    func takeSnapshot(own: Int = 0) -> Int {
        let xmax = contents.latestXid + 1
        var xip: [Int] = []
        for xid in running where xid < xmax && xid != own { xip.append(xid) }
        let xmin = min(running.first ?? xmax, xmax)
        if let last = snapshots.last, last.xmin == xmin, last.xmax == xmax, last.xip == xip, !last.rows.isEmpty,
            last.incarnation == incarnation
        {
            return snapshots.count - 1
        }
        snapshots.append(
            Snapshot(xmin: xmin, xmax: xmax, xip: xip, rows: contents.rows, incarnation: incarnation))
        return snapshots.count - 1
    }

    /// A snapshot that was never taken.
    func makeUpSnapshot(xmin: Int, xmax: Int, xip: [Int] = []) -> Int {
        snapshots.append(Snapshot(xmin: xmin, xmax: xmax, xip: xip, rows: [], incarnation: incarnation))
        return snapshots.count - 1
    }

    // MARK: Sessions

    func connect(hasTimeouts: Bool) -> SessionHandle {
        lastSerial += 1
        let session = Session(serial: lastSerial, lastActive: now, hasTimeouts: hasTimeouts)
        if let slot = sessions.firstIndex(where: { !$0.isAlive }) {
            sessions[slot] = session
            return SessionHandle(slot: slot, serial: lastSerial)
        }
        sessions.append(session)
        return SessionHandle(slot: sessions.count - 1, serial: lastSerial)
    }

    func isAlive(_ handle: SessionHandle?) -> Bool {
        guard let handle else { return false }
        return sessions[handle.slot].isAlive && sessions[handle.slot].serial == handle.serial
    }

    /// Ends a session: its transaction is rolled back, its locks are free.
    func endSession(_ slot: Int) {
        guard sessions[slot].isAlive else { return }
        trace.note(.sessionEnds, .session(sessions[slot].serial), at: now)
        if let transaction = sessions[slot].transaction { rollBack(transaction) }
        sessions[slot].transaction = nil
        sessions[slot].segment = nil
        sessions[slot].isAlive = false
        for lane in laneHolders.indices where laneHolders[lane] == sessions[slot].serial { laneHolders[lane] = 0 }
    }

    // MARK: Crashes

    /// The log of transactions is on disk up to here.
    func flush() {
        guard scenario.losesCommits else { return }
        durable = contents
    }

    /// The server goes down and comes up with what is on disk: ids and transaction ids start again lower.
    func crash() {
        for slot in sessions.indices { endSession(slot) }
        tally.serverCrashes += 1
        if scenario.losesCommits {
            tally.commitsTakenBack += contents.commits - durable.commits
            contents = durable
        }
        contents.latestXid = contents.nextXid - 1
        durable = contents
        running = []
        for key in rowHolders.indices { rowHolders[key] = 0 }
        incarnation += 1
    }
}
