import Foundation
import Heliograph

extension JSONValue {
    /// A moment in ISO 8601, UTC, with microseconds, as the records of the signal log have it; or null.
    static func time(_ date: Date?) -> JSONValue {
        guard let date else { return .null }
        let microseconds = Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
        let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        // The remainder of a moment before 1970 is negative.
        let whole = fraction < 0 ? seconds - 1 : seconds
        let rest = fraction < 0 ? fraction + 1_000_000 : fraction
        let text = Date(timeIntervalSince1970: Double(whole)).formatted(
            .iso8601.year().month().day().dateSeparator(.dash).time(includingFractionalSeconds: false)
        )
        let digits = String(rest)
        return .string("\(text).\(String(repeating: "0", count: 6 - digits.count))\(digits)Z")
    }
}
