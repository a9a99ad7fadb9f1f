import Synchronization

/// A regular expression that several threads may use, one at a time: Swift's own is not sendable.
final class PatternMatcher: Sendable {
    private let regex: Mutex<Regex<AnyRegexOutput>?>
    /// Why it is no regular expression; `nil` if it is one.
    let fault: String?

    init(_ pattern: String) {
        do {
            regex = Mutex(try Regex(pattern).matchingSemantics(.unicodeScalar))
            fault = nil
        } catch {
            regex = Mutex(nil)
            fault = "\"\(pattern)\" is not a regular expression"
        }
    }

    /// Whether the whole text is as the expression says; none is, if it is no expression.
    func matches(_ text: String) -> Bool {
        regex.withLock { regex in regex.flatMap { try? $0.wholeMatch(in: text) } != nil }
    }

    /// Whether Swift and PostgreSQL (advanced regular expressions) read a pattern in the same way.
    ///
    /// A short list of what both have, rather than of what they differ in: characters of ASCII, classes without escapes and names, groups,
    /// alternatives and repetitions.
    static func isReadAlike(_ pattern: String) -> Bool {
        let scalars = Array(pattern.unicodeScalars)
        guard scalars.allSatisfy({ $0.isASCII && $0.value >= 0x20 && $0.value != 0x7f }), !pattern.hasPrefix("***")
        else {
            return false
        }
        var place = 0
        /// Whether there is something before it that can be repeated.
        var isRepeatable = false
        while place < scalars.count {
            switch scalars[place] {
            case "\\":
                guard place + 1 < scalars.count, isPunctuation(scalars[place + 1]) else { return false }
                place += 2
                isRepeatable = true
            case "[":
                guard let end = endOfClass(scalars, from: place) else { return false }
                place = end
                isRepeatable = true
            case "?", "*", "+":
                // Two in a row are lazy or possessive; one behind a parenthesis has another meaning.
                guard isRepeatable else { return false }
                place += 1
                isRepeatable = false
            case "{":
                guard isRepeatable, let end = endOfRepetition(scalars, from: place) else { return false }
                place = end
                isRepeatable = false
            case "(", "|":
                place += 1
                isRepeatable = false
            // Which line they end at, and what a dot leaves out, is not the same.
            case ".", "^", "$", "#", "]", "}": return false
            default:
                place += 1
                isRepeatable = true
            }
        }
        return true
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value > 0x20 && !scalar.properties.isAlphabetic && !("0"..."9").contains(scalar) && scalar != "_"
    }

    /// The place behind a class, of single characters and ranges of letters and digits; `nil` if it is more than that.
    private static func endOfClass(_ scalars: [Unicode.Scalar], from start: Int) -> Int? {
        var place = start + 1
        if place < scalars.count, scalars[place] == "^" { place += 1 }
        let first = place
        while place < scalars.count {
            let scalar = scalars[place]
            switch scalar {
            case "]": return place > first ? place + 1 : nil
            case "\\", "[", "&", "~", "^": return nil
            case "-":
                // First or last it is itself.
                guard place == first || place + 1 < scalars.count && scalars[place + 1] == "]" else { return nil }
                place += 1
            default:
                if place + 2 < scalars.count, scalars[place + 1] == "-", scalars[place + 2] != "]" {
                    let end = scalars[place + 2]
                    guard end.properties.isAlphabetic || ("0"..."9").contains(end), scalar <= end else { return nil }
                    place += 3
                    // What follows a range is not to look like another one.
                    if place < scalars.count, scalars[place] == "-", place + 1 < scalars.count,
                        scalars[place + 1] != "]"
                    {
                        return nil
                    }
                } else {
                    place += 1
                }
            }
        }
        return nil
    }

    /// The place behind `{2}`, `{2,}` or `{2,5}`, of numbers that PostgreSQL takes.
    private static func endOfRepetition(_ scalars: [Unicode.Scalar], from start: Int) -> Int? {
        guard let end = scalars[start...].firstIndex(of: "}") else { return nil }
        let parts = scalars[(start + 1)..<end].split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.map { Int(String(String.UnicodeScalarView($0))) }
        guard let least = numbers.first ?? nil, (0...255).contains(least), numbers.count <= 2 else { return nil }
        if numbers.count == 2, !parts[1].isEmpty {
            guard let most = numbers[1], (least...255).contains(most) else { return nil }
        }
        return end + 1
    }
}
