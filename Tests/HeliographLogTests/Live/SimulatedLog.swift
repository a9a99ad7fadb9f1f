@testable import HeliographLog

/// A log as a list of commits, and what a reader would see of it: a snapshot is how many of them it sees.
struct SimulatedLog {
    struct Commit {
        let record: Record
        let isOwn: Bool
    }

    private(set) var commits: [Commit] = []
    private var ownIDs: Set<Int64> = []
    /// Drawn, not committed.
    private var open: [Commit] = []
    private var newestID: Int64 = 0
    private(set) var life = 1

    var server: String { "life/\(life)" }
    var openCount: Int { open.count }

    /// The place of each record among the commits.
    var places: [Int64: Int] { Dictionary(uniqueKeysWithValues: commits.enumerated().map { ($1.record.id, $0) }) }

    static func snapshot(_ count: Int) -> Snapshot { Snapshot("1:\(count + 1):") }

    static func count(_ snapshot: Snapshot) -> Int {
        Int(snapshot.text.split(separator: ":")[1]).map { $0 - 1 } ?? -1
    }

    var now: LogPlace { LogPlace(lo: Self.snapshot(commits.count), server: server) }

    /// A writer draws an id.
    mutating func begin(_ sender: String, isOwn: Bool) {
        newestID += 1
        let record = Record(
            id: newestID, transaction: "\(newestID)", at: "", sender: sender, operation: .insert,
            keyHash: 0, key: nil,
            previousKey: nil, instance: nil, previous: nil, changed: nil, context: nil, writer: "w"
        )
        if isOwn { ownIDs.insert(newestID) }
        open.append(Commit(record: record, isOwn: isOwn))
    }

    /// One of the open writers commits, not always the first.
    mutating func commit(_ index: Int) { commits.append(open.remove(at: index)) }

    /// The server crashes: open writers are gone, and the newest commits may be.
    mutating func crash(losing count: Int) {
        open = []
        commits.removeLast(min(count, commits.count))
        life += 1
    }

    /// As `LogFollower.read` reads.
    func read(_ place: LogPlace, _ filter: RecordFilter, upTo end: Snapshot?, limit: Int) -> Window {
        let hi = place.hi ?? end ?? Self.snapshot(commits.count)
        // Snapshots of another life see what they see.
        let last = min(Self.count(hi), commits.count)
        let first = min(Self.count(place.lo), last)
        let demand = Demand(filter.sources)
        let records = commits[first..<last].map(\.record)
            .filter { demand.contains($0) && $0.id >= filter.minimumID && (place.hi == nil || $0.id > place.lastID) }
            .sorted { $0.id < $1.id }
        return Window(
            hi: hi, records: Array(records.prefix(limit)), isComplete: records.count < limit, server: server,
            newestID: newestID
        )
    }

    func mark(_ window: Window, from place: LogPlace) -> [LiveRecord] {
        window.records.map { record in
            LiveRecord(
                record: record, isOwn: ownIDs.contains(record.id), place: place.entering(window).behind(record))
        }
    }
}
