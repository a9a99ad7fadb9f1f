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
        var isInClass = false
        var isAtStartOfClass = false
        var scalars = pattern.unicodeScalars.makeIterator()
        var previous: Unicode.Scalar?
        while let scalar = scalars.next() {
            guard scalar.isASCII, scalar.value >= 0x20, scalar.value != 0x7f else { return false }
            defer { previous = scalar }
            if isInClass {
                if scalar == "]" {
                    if isAtStartOfClass { return false }
                    isInClass = false
                } else if scalar == "\\" || scalar == "[" || scalar == "&" || scalar == "~" {
                    return false
                } else if scalar == "-", previous == "-" {
                    return false
                } else if scalar != "^" || !isAtStartOfClass {
                    isAtStartOfClass = false
                }
                continue
            }
            switch scalar {
            case "\\":
                guard let next = scalars.next(), next.isASCII, !next.properties.isAlphabetic,
                    !("0"..."9").contains(next), next.value > 0x20, next.value != 0x7f
                else { return false }
            case "[": (isInClass, isAtStartOfClass) = (true, true)
            // Which line they end at, and what a dot leaves out, is not the same.
            case ".", "^", "$", "#": return false
            // Look-arounds, options and lazy repetitions.
            case "?" where previous == "(" || previous.map { "?*+}".unicodeScalars.contains($0) } ?? true: return false
            case "+" where previous.map { "?*+}".unicodeScalars.contains($0) } ?? true: return false
            default: break
            }
        }
        return !isInClass && !pattern.hasPrefix("***")
    }
}
