/// What a receiver does with a change: always the same, so that a redelivery meets the same receiver.
struct ReceiverBehaviour {
    let seed: UInt64
    let scenario: Scenario
    /// Whether whatever made it fail has been mended.
    var isCured = false

    private func draw(_ item: Item, _ salt: UInt64) -> Int {
        let value = UInt64(truncatingIfNeeded: item.key &* 1_024 &+ item.version &* 2 &+ (item.isBackfill ? 1 : 0))
        return Int(truncatingIfNeeded: SeededGenerator.mix(seed &+ value &* 64 &+ salt) >> 33) % 100
    }

    /// Whether it fails after so many attempts.
    func fails(_ item: Item, after attempts: Int) -> Bool {
        guard scenario.hasPoison else { return false }
        let die = draw(item, 1)
        if die < 5 { return !isCured }
        return die < 15 && attempts < 1 + die % 2
    }

    /// Whether it ignores the error of its statement.
    func swallows(_ item: Item) -> Bool { scenario.swallowsErrors && draw(item, 2) < 50 }

    /// Whether it tries something under a savepoint, and does something else when that fails.
    func usesSavepoint(_ item: Item) -> Bool { scenario.usesSavepoints && draw(item, 3) < 25 }

    /// The row that it writes itself.
    func echo(_ item: Item) -> Int? {
        guard scenario.echoes, !item.isEcho, draw(item, 4) < 35 else { return nil }
        return draw(item, 5) % scenario.keys
    }
}
