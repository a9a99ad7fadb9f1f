import Foundation

/// Prints measures as they come, and knows whether all goals were reached.
final class Report {
    /// Whether the goals count: not in the short form, which only shows that everything runs.
    let judges: Bool
    private(set) var isGood = true

    init(judges: Bool) { self.judges = judges }

    func add(_ name: String, _ value: Double, _ unit: String, _ goal: Measure.Goal = .none, rounds: Int) {
        let measure = Measure(name: name, value: value, unit: unit, goal: judges ? goal : .none, rounds: rounds)
        if measure.holds == false || !value.isFinite { isGood = false }
        print(measure.line)
        fflush(nil)
    }
}
