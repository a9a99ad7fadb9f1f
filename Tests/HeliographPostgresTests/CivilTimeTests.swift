import Foundation
import Testing

@testable import HeliographPostgres

@Suite("Moments as PostgreSQL writes them")
struct CivilTimeTests {
    /// What PostgreSQL 15 makes of `extract(epoch FROM …)` less that of 2000-01-01, in microseconds.
    @Test(
        "At both ends of the calendar, before 1582, before the year 1",
        arguments: [
            ("2000-01-01T00:00:00.000000Z", 0), ("1999-12-31T23:59:59.999999Z", -1),
            ("2026-01-02T03:04:05.678901Z", 820_638_245_678_901),
            ("1500-03-01T00:00:00.000000Z", -15_773_356_800_000_000),
            ("0001-01-01T00:00:00.000000Z", -63_082_281_600_000_000),
            ("0044-03-15T12:00:00.000000Z BC", -64_464_465_600_000_000),
            ("294276-12-31T23:59:59.999999Z", 9_223_371_331_199_999_999),
            ("4714-11-24T00:00:00.000000Z BC", -211_813_488_000_000_000),
            ("2000-02-29T00:00:00.000000Z", 5_097_600_000_000),
        ] as [(String, Int64)]
    )
    func both(text: String, microseconds: Int64) {
        #expect(CivilTime(text)?.microseconds == microseconds)
        #expect(CivilTime(microseconds: microseconds).text == text)
    }

    @Test(
        "Other forms that PostgreSQL writes",
        arguments: [
            ("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05.000000Z"),
            ("2026-01-02 03:04:05.5+05:45", "2026-01-01T21:19:05.500000Z"),
            ("2026-01-02T03:04:05-00", "2026-01-02T03:04:05.000000Z"),
            ("1800-01-01T00:00:00-00:01:15", "1800-01-01T00:01:15.000000Z"),
        ]
    )
    func forms(text: String, utc: String) { #expect(CivilTime(text)?.text == utc) }

    @Test(
        "What is no moment is none",
        arguments: [
            "", "infinity", "2026-13-01T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-02", "2026-01-02T00:61:00Z",
            "999999-01-01T00:00:00Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05.1234567Z", "٢٠٢٦-01-02T03:04:05Z",
        ]
    )
    func none(text: String) { #expect(CivilTime(text) == nil) }

    @Test("Each day of 400 years is followed by the next, and read as it is written")
    func everyDay() throws {
        var previous = ""
        for day in Int64(-146_097)...0 {
            let time = CivilTime(microseconds: day * 86_400_000_000)
            let text = time.text
            if text <= previous || CivilTime(text) != time { Issue.record("\(text) behind \(previous)") }
            previous = text
        }
    }

    @Test("A Date beyond timestamptz is refused alone and in an array; none traps")
    func outside() {
        for seconds in [1e13, -1e13, 1e300, -1e300, Double.nan] {
            let date = Date(timeIntervalSince1970: seconds)
            #expect(date.invalidReason != nil)
            _ = date.elementBytes
            if case .invalid = date.bind.content {} else { Issue.record("\(seconds) was sent") }
            if case .invalid = [date].bind.content {} else { Issue.record("[\(seconds)] was sent") }
        }
        if case .invalid = ["a\0b"].bind.content {} else { Issue.record("NUL in an array was sent") }
    }
}
