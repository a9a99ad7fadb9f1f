import Foundation
import Testing

@testable import HeliographOutbound

@Suite("The header Retry-After")
struct RetryAfterTests {
    /// Half a second after Sun, 06 Nov 1994 08:49:37 GMT.
    private let now = Date(timeIntervalSince1970: 784_111_777.5)

    @Test(
        "Seconds and dates, a day at most",
        arguments: [
            ("0", .zero), ("120", .seconds(120)), (" 7 ", .seconds(7)), ("86400", .seconds(86_400)),
            ("86401", .seconds(86_400)), ("99999999999999999999", .seconds(86_400)),
            ("Sun, 06 Nov 1994 08:51:37 GMT", .seconds(120)), ("Sunday, 06-Nov-94 08:51:37 GMT", .seconds(120)),
            ("Sun Nov  6 08:51:37 1994", .seconds(120)), ("Sun, 06 Nov 1994 08:49:37 GMT", .zero),
            ("Mon, 06 Nov 2023 08:49:37 GMT", .seconds(86_400)), ("Tue, 01 Jan 1980 00:00:00 GMT", .zero),
        ] as [(String, Duration)])
    func readable(value: String, duration: Duration) {
        #expect(RetryAfter.duration(of: value, now: now) == duration)
    }

    @Test("What is neither says nothing", arguments: ["", "-1", "1.5", "soon", "06 Nov 1994", "1 2"])
    func unreadable(value: String) {
        #expect(RetryAfter.duration(of: value, now: now) == nil)
    }
}
