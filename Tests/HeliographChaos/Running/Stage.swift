import Heliograph
import HeliographTesting
import Synchronization

/// A scenario while it runs: its database, its workers, what it has measured.
final class Stage: Sendable {
    let name: String
    let arena: Arena
    let options: RunOptions
    let fleet: Fleet
    private let network = Mutex<NetworkProxy?>(nil)
    private let recoveries = Mutex<[Duration]>([])
    private let complaints = Mutex<[String]>([])
    private let generator: Mutex<SeededGenerator>

    /// So long a recovery may take before it counts as none.
    private static let patience = Duration.seconds(60)

    init(name: String, arena: Arena, options: RunOptions, evidence: [String] = []) {
        self.name = name
        self.arena = arena
        self.options = options
        generator = Mutex(SeededGenerator(seed: options.seed ^ name.stableHash))
        fleet = Fleet(log: WorkerLog(name: name, folder: options.logs, evidence: evidence))
    }

    var isQuick: Bool { options.isQuick }
    /// How long the database, the workers or the network are disturbed.
    var length: Duration { isQuick ? .milliseconds(1_500) : .seconds(20) }
    var measured: [Duration] { recoveries.withLock { $0 } }
    var complained: [String] { complaints.withLock { $0 } }

    /// The network between some of the workers and the server, if the scenario has one.
    var proxy: NetworkProxy? {
        get { network.withLock { $0 } }
        set { network.withLock { $0 = newValue } }
    }

    func shuffled<Element: Sendable>(_ elements: [Element]) -> [Element] {
        generator.withLock { elements.shuffled(using: &$0) }
    }

    func draw(_ range: ClosedRange<Int>) -> Int { generator.withLock { Int.random(in: range, using: &$0) } }
    func seed() -> UInt64 { generator.withLock { $0.next() } }

    /// A worker of this scenario.
    func plan(_ number: Int, _ change: (inout WorkerPlan) -> Void = { _ in }) -> WorkerPlan {
        var plan = WorkerPlan(name: "\(name)-\(number)", target: arena.target)
        plan.seed = seed()
        change(&plan)
        return plan
    }

    /// Something that must not be, beside what the checker counts.
    func complain(_ text: String) { complaints.withLock { $0.append(text) } }

    /// Repeats something until the scenario's time is over, at least once.
    func repeatedly(for length: Duration? = nil, _ body: (Int) async throws -> Void) async throws {
        let end = ContinuousClock.now + (length ?? self.length)
        var round = 0
        repeat {
            try await body(round)
            round += 1
        } while ContinuousClock.now < end
    }

    /// A scenario's own pace.
    func pause(milliseconds range: ClosedRange<Int>) async throws {
        try await Task.sleep(for: .milliseconds(draw(range)))
    }

    // MARK: Recovery

    /// Takes the time from a moment until a change of each lane has its effects.
    func measureRecovery(since start: ContinuousClock.Instant) async throws {
        try await served()
        recoveries.withLock { $0.append(ContinuousClock.now - start) }
    }

    /// Writes a row of each lane, and waits for its effects of all receivers.
    func served() async throws {
        let deadline = ContinuousClock.now + Self.patience
        var wanted: Int64?
        let receivers = fleet.receivers
        while true {
            do {
                try await arena.withConnection { connection in
                    if wanted == nil {
                        wanted = try await connection.query(
                            """
                            WITH probe AS (UPDATE account SET amount = amount + 1 WHERE id < 0 RETURNING version)
                            SELECT min(version) FROM probe
                            """
                        ).first?.decode(0)
                    }
                    let count = Schema.probes * receivers.count
                    try await eventually("all lanes to be served", within: Self.patience, every: .milliseconds(4)) {
                        let row = try await connection.query(
                            """
                            SELECT count(*) FROM balance
                            WHERE key BETWEEN \(Int64(-Schema.probes)) AND -1 AND version >= \(wanted)
                                AND receiver = ANY (\(receivers))
                            """
                        ).first
                        return try row?.decode(0, as: Int.self) == count
                    }
                }
                return
            } catch let error as PostgresError where error.isTransient {
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }
}
