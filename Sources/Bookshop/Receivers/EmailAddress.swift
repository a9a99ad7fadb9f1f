/// The form of an e-mail address, as far as it can be told without sending one.
enum EmailAddress {
    /// Without white space around it, and in lower case.
    static func normalised(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()).lowercased()
    }

    /// Whether mail could be sent to it: one `@`, something before it, a domain of labels behind it, 254 bytes at most (RFC 5321).
    static func isWellFormed(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 254, !text.contains(where: \.isWhitespace) else { return false }
        guard (1...64).contains(parts[0].utf8.count), !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            return false
        }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
            }
    }
}
