import HeliographLog

/// What a subscription's loop asks of where positions and parked records are: a session of PostgreSQL, or memory in tests.
///
/// It holds the lanes that it has locked until it is closed, and whatever has not been committed then has not happened.
protocol LaneStore: Sendable {
    var registration: Registration { get }
    /// What tells this life of the server from others, see `Window.server`.
    var server: String { get }

    var isOpen: Bool { get async }
    func close() async
    /// A sign of life.
    func ping() async throws

    // MARK: Lanes

    /// Joins the workers of the subscription.
    func join() async throws
    /// How many workers the subscription has at this moment, and whether it is still as this store knows it.
    func membership() async throws -> (count: Int, isCurrent: Bool)
    /// Locks up to `limit` of these lanes.
    func lock(_ candidates: [Int], limit: Int) async throws -> [Int]
    func unlock(_ lanes: [Int]) async throws
    /// Has others see that everything fails for this worker, or no more.
    func showOutage(_ isOn: Bool) async throws
    /// Reads the newest versions of lanes, which must be locked.
    func readPositions(of lanes: [Int], into table: inout LaneTable) async throws

    // MARK: Parked records

    /// Reads what is parked in lanes, which must be locked and whose positions have been read before.
    func readParked(of lanes: [Int], into table: inout LaneTable) async throws
    /// Reads again what is parked of a key.
    func readParked(_ key: LaneTable.DueKey, into table: inout LaneTable) async throws
    /// The parked records of a key, from its first, with their numbers; none while it is not due by the store's clock.
    func dueDeliveries(
        _ key: LaneTable.DueKey, limit: Int
    ) async throws -> [(delivery: Int64, failures: Int, record: Record)]

    // MARK: Claims

    /// Says that a worker holds lanes, which must be locked.
    /// - Returns: those whose last holder has not given them up, and what it has ended in the middle of, if it had named that.
    func takeClaims(of lanes: [Int], worker: String) async throws -> [(lane: Int, suspect: String?)]
    /// Says what is about to be received, by lane.
    /// - Returns: how many workers have ended in the middle of it before.
    func announce(_ items: [Int: String]) async throws -> Int
    /// Says that records of these lanes are received many at a time again.
    func clearSuspicion(of lanes: [Int], worker: String) async throws
    /// Takes the claims back, before the locks are given up.
    func dropClaims(of lanes: [Int], worker: String) async throws
    /// Says by another way that a worker is alive though this store is closed.
    func absolve(worker: String) async

    // MARK: Transactions

    /// A transaction, which is not begun before it has something to do.
    /// - Parameters:
    ///   - context: of what the receivers write.
    ///   - isDurable: whether no crash may take it back once it is committed.
    func transaction(for context: EffectContext?, isDurable: Bool) -> any LaneTransaction
    /// Has it say when the next transaction has got something to do. Never, if there is nobody to say so.
    func whenNextBegins(_ body: @escaping @Sendable () -> Void)
    /// Undoes what is open.
    func rollBack() async
}

extension LaneStore {
    func whenNextBegins(_ body: @escaping @Sendable () -> Void) {}

    /// Moves lanes, and nothing else.
    /// - Parameter isDurable: for good: everything that was visible until then outlasts a crash, and whoever else believes to hold the lanes
    ///   can do no more with them.
    /// - Returns: the place with its ticks.
    func move(
        _ lanes: [Int], of table: LaneTable, to place: LanePlace, isDurable: Bool = false
    ) async throws -> LanePlace {
        do {
            return try await transaction(for: nil, isDurable: isDurable).commit(lanes, of: table, at: place, []).place
        } catch let error as BatchRefused {
            throw Doubt(error: error.error)
        }
    }
}
