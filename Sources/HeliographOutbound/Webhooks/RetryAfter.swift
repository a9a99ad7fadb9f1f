import Foundation

/// The header by which a server asks to be left alone for a while.
enum RetryAfter {
    /// A server cannot ask for longer.
    static let limit = Duration.seconds(86_400)

    /// - Parameters:
    ///   - value: Seconds, or a date in one of HTTP's three forms.
    ///   - now: From when on a date counts.
    /// - Returns: From 0 to ``limit``; `nil` if the value is neither.
    static func duration(of value: String, now: Date) -> Duration? {
        let words = value.split(whereSeparator: \.isWhitespace)
        if words.count == 1, let word = words.first, word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // Too large for a number is too long in any case.
            return Int64(word).map { min(.seconds($0), limit) } ?? limit
        }
        guard let date = date(of: words.joined(separator: " ")) else { return nil }
        let seconds = date.timeIntervalSince(now).rounded(.up)
        return seconds <= 0 ? .zero : seconds >= 86_400 ? limit : .seconds(Int64(seconds))
    }

    /// The form of today, and the two that servers of old still write (RFC 9110, 5.6.7).
    private static let formats = [
        "EEE, dd MMM yyyy HH:mm:ss 'GMT'", "EEEE, dd-MMM-yy HH:mm:ss 'GMT'", "EEE MMM d HH:mm:ss yyyy",
    ]

    private static func date(of text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        for format in formats {
            formatter.dateFormat = format
            if let date = formatter.date(from: text) { return date }
        }
        return nil
    }
}
