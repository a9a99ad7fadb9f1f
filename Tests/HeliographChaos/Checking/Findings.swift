/// What a look at the tables of a scenario has shown.
struct Findings: Sendable {
    /// How many changes were committed.
    var written = 0
    /// How many effects there are of them, of all receivers together.
    var effects = 0
    var counts: [Fault: Int] = [:]
    /// Some of what is wrong, in words.
    var examples: [String] = []

    subscript(_ fault: Fault) -> Int { counts[fault] ?? 0 }

    var isGood: Bool { counts.values.allSatisfy { $0 == 0 } }
}
