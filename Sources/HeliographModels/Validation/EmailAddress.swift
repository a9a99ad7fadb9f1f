/// The form of an e-mail address, as far as it can be told without sending one.
enum EmailAddress {
    /// White space and what prints nothing, of ASCII.
    private static let blanks: ClosedRange<Unicode.Scalar> = "\u{0}"..."\u{20}"

    /// Whether mail could be sent to it.
    static func isWellFormed(_ text: String) -> Bool {
        let parts = text.unicodeScalars.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.unicodeScalars.count <= 254 else { return false }
        guard (1...64).contains(parts[0].count), parts[0].allSatisfy({ !blanks.contains($0) && $0 != "\u{7f}" }) else {
            return false
        }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != "-" && label.last != "-"
                    && label.allSatisfy(isPartOfLabel)
            }
    }

    private static func isPartOfLabel(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-": true
        default: !scalar.isASCII
        }
    }

    /// The same in SQL.
    static func condition(column: String) -> String {
        let edge = #"[^\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]"#
        let inner = #"[^\x01-\x2c\x2e\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]"#
        let label = "\(edge)(?:\(inner){0,61}\(edge))?"
        let form = #"^[^\x01-\x20@\x7f]{1,64}@\#(label)(?:\.\#(label))+$"#
        return "\(column) ~ \(SQLText.literal(form)) AND char_length(\(column)) <= 254"
    }
}
