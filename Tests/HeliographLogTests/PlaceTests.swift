import Testing

@testable import HeliographLog

@Suite("Snapshots and places")
struct PlaceTests {
    @Test(
        "A snapshot from outside is taken if PostgreSQL would take it",
        arguments: ["1:1:", "10:20:10,14,15", "735:735:", "3:18446744073709551615:3"]
    )
    func valid(text: String) { #expect(Snapshot(validating: text)?.text == text) }

    @Test(
        "And refused if it would not: it is pasted nowhere, but the error is ours to give",
        arguments: [
            "", "1:1", "a:b:", "5:4:", "10:20:9", "10:20:20", "10:20:14,12", "10:20:14,", "0:5:", "10:20:1;drop",
            "-1:2:",
        ]
    )
    func invalid(text: String) { #expect(Snapshot(validating: text) == nil) }

    @Test("A snapshot's bounds, to the last of the numbers there are")
    func bounds() {
        let snapshot = Snapshot("10:18446744073709551615:10,14")
        #expect(snapshot.xmin == 10 && snapshot.xmax == .max)
        #expect(Snapshot.beginning.xmin == 1 && Snapshot.beginning.xmax == 1)
    }

    @Test("A place can be kept as text")
    func place() throws {
        let places = [
            LogPlace(lo: .beginning), LogPlace(lo: Snapshot("10:20:14"), server: "1700000000.123/4"),
            LogPlace(lo: Snapshot("10:20:"), hi: Snapshot("20:25:21,22"), lastID: 99, server: "x/1"),
        ]
        for place in places { #expect(LogPlace(place.description) == place) }
        for text in ["", ";;;", "x;1:1:;;-1", "x;1:1:;zz;1", "x;1:1:;;1;2"] { #expect(LogPlace(text) == nil) }
    }
}
