import Heliograph
import HeliographProgram

/// A finding for people, in two lines, and for programs.
enum FindingLine {
    static func text(of finding: Finding) -> String {
        let colour =
            switch finding.severity {
            case .error: 31
            case .warning: 33
            case .note: 36
            }
        let severity = finding.severity.rawValue
        let gap = String(repeating: " ", count: 9 - severity.count)
        return Terminal.colour(severity, colour) + gap + Terminal.colour(oneLine(finding.subject), 1)
            + ": \(oneLine(finding.text))\n         "
            + Terminal.colour("mend:", 2) + " \(oneLine(finding.mend))"
    }

    static func json(of finding: Finding) -> String {
        JSONValue.object([
            ("severity", .string(finding.severity.rawValue)), ("check", .string(finding.check)),
            ("subject", .string(finding.subject)), ("finding", .string(finding.text)), ("mend", .string(finding.mend)),
        ]).description
    }

    /// A table's name may hold a line break.
    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
