import Heliograph

/// What a record says, but for what differs from run to run: number, transaction, time, writer, context.
struct ParityLine: Hashable, CustomStringConvertible {
    var sender: String
    var partition: String?
    var operation: String
    var key: String?
    var previousKey: String?
    var instance: String?
    var previous: String?
    var changed: [String]?
    /// Among as many lanes as there can be.
    var lane: Int

    /// So many that the whole hash shows.
    static let lanes = Int(Int32.max)

    var description: String {
        let parts = [
            operation, key, previousKey.map { "was \($0)" }, instance, changed.map { "changed \($0)" },
            previous.map { "from \($0)" }, "lane \(lane)", sender, partition,
        ]
        // Of 200 columns the beginning will do.
        return String(parts.compactMap(\.self).joined(separator: " ").prefix(1_500))
    }
}

extension ParityLine {
    init(_ record: Record) {
        self.init(
            sender: record.sender, partition: record.partition, operation: record.operation.rawValue, key: record.key,
            previousKey: record.previousKey, instance: record.instance, previous: record.previous,
            changed: record.changed, lane: record.lane)
    }

    /// What is wrong with records: each group must be there, once, in its order. That of the groups does not matter, which are
    /// of different rows.
    static func differences(_ expected: [[ParityLine]], _ found: [ParityLine]) -> [String] {
        var differences: [String] = []
        var isTaken = found.map { _ in false }
        for group in expected {
            var place = 0
            for line in group {
                if let index = found.indices.first(where: { $0 >= place && !isTaken[$0] && found[$0] == line }) {
                    isTaken[index] = true
                    place = index
                } else {
                    let isLate = found.indices.contains { !isTaken[$0] && found[$0] == line }
                    differences.append("\(isLate ? "out of order" : "missing"): \(line)")
                }
            }
        }
        for (line, isTaken) in zip(found, isTaken) where !isTaken { differences.append("found: \(line)") }
        return differences
    }
}
