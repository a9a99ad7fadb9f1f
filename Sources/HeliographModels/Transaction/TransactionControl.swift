import HeliographPostgres

/// What a statement's first words say it does to its transaction: it would end or divide it behind its handle's back, or it is one of those that
/// may be sent with others.
enum TransactionControl {
    private static let commands: Set<String> = [
        "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE",
    ]

    private static let plainCommands: Set<String> = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES",
    ]
    private static let plainWords = plainCommands.map { Array($0.utf8) }

    /// Whether a statement may be sent with others.
    static func isPlain(_ sql: SQL) -> Bool {
        isPlainAtOnce(sql) || plainCommands.contains(firstWord(of: sql.text))
    }

    /// Whether it begins with such a command that can be seen without putting its text together: nearly always.
    private static func isPlainAtOnce(_ sql: SQL) -> Bool {
        let text = sql.leadingText.utf8
        return plainWords.contains { word in
            var rest = text.makeIterator()
            // Letters alone: those of both cases differ in one bit.
            for letter in word {
                guard let byte = rest.next(), byte & ~0x20 == letter else { return false }
            }
            guard let next = rest.next() else { return false }
            return next == UInt8(ascii: " ") || next == UInt8(ascii: "\n")
        }
    }

    /// Refuses a statement that begins with transaction control.
    static func refuse(_ sql: SQL) throws(PostgresError) {
        guard !isPlainAtOnce(sql) else { return }
        guard let command = command(in: sql.text) else { return }
        throw PostgresError(
            .invalidUse,
            "\(command) is not for a statement in a transaction: return or throw to end it, and use savepoint { } for a part of it"
        )
    }

    /// The command if it is one of transaction control, in capitals; `nil` for any other statement.
    static func command(in text: String) -> String? {
        var rest = Substring(text).utf8
        let first = firstWord(&rest)
        if commands.contains(first) { return first }
        guard first == "PREPARE" else { return nil }
        skipSpace(&rest, semicolons: false)
        return takeWord(&rest) == "TRANSACTION" ? "PREPARE TRANSACTION" : nil
    }

    /// The word a statement begins with, in capitals.
    static func firstWord(of text: String) -> String {
        var rest = Substring(text).utf8
        return firstWord(&rest)
    }

    private static func firstWord(_ rest: inout Substring.UTF8View) -> String {
        skipSpace(&rest, semicolons: true)
        return takeWord(&rest)
    }

    /// Takes a word off the front, in capitals.
    private static func takeWord(_ rest: inout Substring.UTF8View) -> String {
        var word = ""
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): word.unicodeScalars.append(Unicode.Scalar(byte - 32))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                word.unicodeScalars.append(Unicode.Scalar(byte))
            default: return word
            }
            rest.removeFirst()
        }
        return word
    }

    /// Takes white space and comments off the front; empty statements too, which the server passes over.
    private static func skipSpace(_ rest: inout Substring.UTF8View, semicolons: Bool) {
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: " "), 0x09...0x0D: rest.removeFirst()
            case UInt8(ascii: ";") where semicolons: rest.removeFirst()
            case _ where rest.starts(with: "--".utf8):
                rest = rest.drop { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            case _ where rest.starts(with: "/*".utf8): skipBlockComment(&rest)
            default: return
            }
        }
    }

    /// Block comments nest in SQL. One without an end takes the rest of the text; the server refuses it.
    private static func skipBlockComment(_ rest: inout Substring.UTF8View) {
        var depth = 0
        while !rest.isEmpty {
            if rest.starts(with: "/*".utf8) {
                depth += 1
                rest.removeFirst(2)
            } else if rest.starts(with: "*/".utf8) {
                depth -= 1
                rest.removeFirst(2)
                if depth == 0 { return }
            } else {
                rest.removeFirst()
            }
        }
    }
}
