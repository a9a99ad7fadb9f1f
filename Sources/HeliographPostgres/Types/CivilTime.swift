/// A moment in the proleptic Gregorian calendar, UTC, as PostgreSQL counts and writes it.
///
/// Foundation's formatters change to the Julian calendar before 1582 and know no year before 1. The arithmetic is Howard
/// Hinnant's ("chrono-Compatible Low-Level Date Algorithms").
package struct CivilTime: Equatable, Sendable {
    /// Microseconds since 2000-01-01 00:00 UTC, which is how PostgreSQL keeps a timestamptz.
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    private static let day: Int64 = 86_400_000_000

    /// Reads `2026-01-02T03:04:05.678901+00:00`, with ` BC` behind it for years before 1; `nil` if it is not that.
    package init?(_ text: String) {
        var text = text
        guard let time = text.withUTF8({ Self.read(Bytes($0)) }) else { return nil }
        self = time
    }

    // MARK: Reading

    /// What is left to be read.
    private struct Bytes {
        private let all: UnsafeBufferPointer<UInt8>
        private var place = 0

        init(_ all: UnsafeBufferPointer<UInt8>) { self.all = all }

        var count: Int { all.count - place }
        var first: UInt8? { place < all.count ? all[place] : nil }
        mutating func removeFirst() { place += 1 }
    }

    private static func read(_ text: Bytes) -> CivilTime? {
        var rest = text
        guard let year = Self.number(&rest, 4...6), Self.take("-", &rest), let month = Self.number(&rest, 2...2),
            Self.take("-", &rest), let day = Self.number(&rest, 2...2), Self.take("T", &rest) || Self.take(" ", &rest),
            let hour = Self.number(&rest, 2...2), Self.take(":", &rest), let minute = Self.number(&rest, 2...2),
            Self.take(":", &rest), let second = Self.number(&rest, 2...2), let fraction = Self.fraction(&rest),
            let offset = Self.offset(&rest), let isBC = Self.era(&rest), (1...12).contains(month),
            (1...31).contains(day),
            hour <= 24, minute < 60, second <= 60
        else { return nil }
        let astronomical = isBC ? 1 - year : year
        guard (-4713...294_276).contains(astronomical) else { return nil }
        let seconds = hour * 3600 + minute * 60 + second - offset
        return CivilTime(
            microseconds: Self.days(year: astronomical, month: month, day: day) * Self.day + seconds * 1_000_000
                + fraction)
    }

    private static func take(_ character: Unicode.Scalar, _ rest: inout Bytes) -> Bool {
        guard let byte = rest.first, UInt32(byte) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    /// As many digits as there are, if that is so many.
    private static func number(_ rest: inout Bytes, _ count: ClosedRange<Int>) -> Int64? {
        var value: Int64 = 0
        var digits = 0
        while let byte = rest.first, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            digits += 1
            guard digits <= count.upperBound else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            rest.removeFirst()
        }
        return digits >= count.lowerBound ? value : nil
    }

    /// `.678901` in microseconds; 0 if there is none.
    private static func fraction(_ rest: inout Bytes) -> Int64? {
        guard take(".", &rest) else { return 0 }
        let before = rest.count
        guard var value = number(&rest, 1...6) else { return nil }
        for _ in (before - rest.count)..<6 { value *= 10 }
        return value
    }

    /// `Z`, `+00`, `+05:45` or `-00:01:15` in seconds.
    private static func offset(_ rest: inout Bytes) -> Int64? {
        if take("Z", &rest) { return 0 }
        let isNegative = take("-", &rest)
        guard isNegative || take("+", &rest), var seconds = number(&rest, 2...2).map({ $0 * 3600 }) else { return nil }
        for unit in [Int64(60), 1] where take(":", &rest) {
            guard let part = number(&rest, 2...2) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }

    /// Whether ` BC` stands at the end; `nil` if something else does.
    private static func era(_ rest: inout Bytes) -> Bool? {
        if rest.count == 0 { return false }
        return take(" ", &rest) && take("B", &rest) && take("C", &rest) && rest.count == 0 ? true : nil
    }

    // MARK: Writing

    /// The same form, always in UTC.
    package var text: String {
        let days = Self.floorDivision(microseconds, Self.day)
        let rest = microseconds - days * Self.day
        let date = Self.date(days)
        let year = date.year > 0 ? date.year : 1 - date.year
        let seconds = rest / 1_000_000
        return Self.padded(year, 4) + "-" + Self.padded(date.month, 2) + "-" + Self.padded(date.day, 2) + "T"
            + Self.padded(seconds / 3600, 2) + ":" + Self.padded(seconds / 60 % 60, 2) + ":"
            + Self.padded(seconds % 60, 2) + "."
            + Self.padded(rest % 1_000_000, 6) + "Z" + (date.year > 0 ? "" : " BC")
    }

    static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floorDivision(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// Days since 2000-01-01. Eras of 400 years, which begin on the first of March.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = floorDivision(year, 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 730_425
    }

    static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 730_425
        let era = floorDivision(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
