/// Three clocks: time itself, the database's, and the one on the wall of the worker's machine, which may be set.
struct RetryClocks {
    /// Monotonic; what a worker sleeps by.
    private(set) var elapsed = 0
    private let databaseOffset: Int
    private(set) var wallOffset: Int

    init(_ random: inout SeededGenerator) {
        databaseOffset = 1_000_000_000 + random.below(1_000_000)
        wallOffset = databaseOffset + random.below(20_000) - 10_000
    }

    var database: Int { elapsed + databaseOffset }
    var wall: Int { elapsed + wallOffset }

    mutating func advance(to time: Int) { elapsed = max(elapsed, time) }

    /// Somebody sets the clock on the wall, by up to two hours.
    mutating func setWall(_ random: inout SeededGenerator) { wallOffset += random.below(14_400_000) - 7_200_000 }
}
