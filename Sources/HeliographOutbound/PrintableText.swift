/// What others wrote, fit for one line of a log or a terminal.
enum PrintableText {
    /// The most that is quoted of anybody, in bytes.
    static let quotedBytes = 200

    /// The start of a text of unknown make: what is not UTF-8 or not printable is replaced, each run of white space is
    /// one blank.
    ///
    /// - Parameters:
    ///   - bytes: The text, perhaps cut in the middle of a character.
    ///   - limit: The most bytes of the result.
    static func text(of bytes: some Sequence<UInt8>, limit: Int = quotedBytes) -> String {
        var text = ""
        var wantsBlank = false
        for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
            if scalar.properties.isWhitespace {
                wantsBlank = !text.isEmpty
                continue
            }
            let addition = (wantsBlank ? " " : "") + String(isPrintable(scalar) ? scalar : "\u{FFFD}")
            guard text.utf8.count + addition.utf8.count <= limit else { break }
            text += addition
            wantsBlank = false
        }
        return text
    }

    /// Not what moves the cursor, hides text or turns its direction.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
