import Foundation

/// What came of a scenario, as one line.
struct ResultLine: Sendable {
    let name: String
    let findings: Findings
    /// Sorted.
    let recoveries: [Duration]
    /// So soon it was to be; `nil` where it is not judged.
    let goal: Duration?
    /// What else is wrong.
    let complaints: [String]
    let took: Duration

    var isGood: Bool { findings.isGood && complaints.isEmpty }

    static let header = [
        "scenario".padded(to: 12), "written", "effects", "  lost", "doubled", "disorder", "miscounted",
        "recovery ms (median/max)",
    ].joined(separator: "  ")

    private var median: Int? { recoveries.isEmpty ? nil : Self.milliseconds(recoveries[recoveries.count / 2]) }
    private var maximum: Int? { recoveries.last.map(Self.milliseconds) }
    private var isInTime: Bool? {
        guard let goal, let last = recoveries.last else { return nil }
        return last <= goal
    }

    var text: String {
        var recovery = "-"
        if let median, let maximum { recovery = "\(median)/\(maximum) of \(recoveries.count)" }
        if let goal, isInTime == false { recovery += " MISSED \(Self.milliseconds(goal))" }
        let counts = [
            (findings.written, 7), (findings.effects, 7), (findings[.lost], 6), (findings[.doubled], 7),
            (findings[.outOfOrder], 8),
            (findings[.miscounted], 10),
        ].map { String(repeating: " ", count: max(0, $1 - "\($0)".count)) + "\($0)" }
        return ([name.padded(to: 12)] + counts + [recovery.padded(to: 30), isGood ? "pass" : "FAIL"]).joined(
            separator: "  ")
    }

    var json: String {
        let goal = goal.map { "\(Self.milliseconds($0))" } ?? "null"
        let parts = [
            #""name":"\#(name)""#, #""written":\#(findings.written)"#, #""effects":\#(findings.effects)"#,
            #""lost":\#(findings[.lost])"#, #""doubled":\#(findings[.doubled])"#,
            #""out_of_order":\#(findings[.outOfOrder])"#,
            #""miscounted":\#(findings[.miscounted])"#, #""recoveries":\#(recoveries.count)"#,
            #""recovery_median_ms":\#(median.map(String.init) ?? "null")"#,
            #""recovery_max_ms":\#(maximum.map(String.init) ?? "null")"#, #""recovery_goal_ms":\#(goal)"#,
            #""in_time":\#(isInTime.map(String.init) ?? "null")"#, #""seconds":\#(took.components.seconds)"#,
            #""pass":\#(isGood)"#,
        ]
        return "{\(parts.joined(separator: ","))}"
    }

    private static func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
}
