import Foundation

/// One figure with its goal: a line of JSON.
struct Measure {
    enum Goal {
        case atMost(Double)
        case atLeast(Double)
        /// A figure to look at.
        case none
    }

    let name: String
    let value: Double
    let unit: String
    let goal: Goal
    let rounds: Int

    /// Whether the goal is reached; `nil` where there is none.
    var holds: Bool? {
        switch goal {
        case .atMost(let limit): value <= limit
        case .atLeast(let limit): value >= limit
        case .none: nil
        }
    }

    var line: String {
        let goal =
            switch goal {
            case .atMost(let limit): "\"<= \(limit)\""
            case .atLeast(let limit): "\">= \(limit)\""
            case .none: "null"
            }
        let holds = holds.map { "\($0)" } ?? "null"
        let value = (value * 1000).rounded() / 1000
        return
            #"{"name":"\#(name)","value":\#(value),"unit":"\#(unit)","goal":\#(goal),"holds":\#(holds),"rounds":\#(rounds)}"#
    }
}

extension [Double] {
    /// The middle one; the mean of the two in the middle of an even number.
    var median: Double {
        guard !isEmpty else { return .nan }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}

extension [UInt64] {
    var median: Double { map { Double($0) }.median }
}
