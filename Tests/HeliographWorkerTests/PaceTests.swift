import HeliographLog
import Testing

@testable import HeliographWorker

@Suite("How much is done at a time")
struct PaceTests {
    @Test("As many records as fit into the batch's time, by how long the last ones took; a slow one counts at once")
    func pace() {
        var pace = Pace()
        let first = pace.limit(within: .seconds(1))
        #expect((1...1_000).contains(first))
        #expect(pace.limit(within: .zero) == 1)
        pace.note(100, took: .milliseconds(100))
        #expect(pace.limit(within: .seconds(1)) == 1_000)
        pace.note(10, took: .seconds(1))
        #expect(pace.limit(within: .seconds(1)) == 10)
        pace.note(10, took: .milliseconds(1))
        #expect((11...20).contains(pace.limit(within: .seconds(1))))
        for _ in 0..<40 { pace.note(100, took: .milliseconds(10)) }
        #expect(pace.limit(within: .seconds(1)) > 5_000)
        pace.note(1, took: .seconds(100))
        #expect(pace.limit(within: .seconds(1)) == 1)
        pace.note(0, took: .seconds(100))
        #expect(pace.limit(within: .seconds(1_000)) == 10)
    }

    private func records(_ count: Int, of bytes: Int) -> [Record] {
        (0..<count).map { number in
            Record(
                id: Int64(number), transaction: "1", at: "", sender: "public.users", operation: .insert, keyHash: 0,
                key: nil, previousKey: nil, instance: String(repeating: "x", count: bytes), previous: nil, changed: nil,
                context: nil, writer: "")
        }
    }

    @Test("As many records are read as some 16 MB hold, by how large the last ones were; large ones count at once")
    func size() {
        var size = RecordSize()
        #expect(size.limit(4_000) == 1_000)
        #expect(size.limit(10) == 10)
        size.note(records(10, of: 100))
        #expect(size.limit(4_000) == 4_000)
        #expect(size.limit(1_000_000) == RecordSize.budget / 100)
        size.note(records(2, of: 1 << 20))
        #expect(size.limit(4_000) == 16)
        size.note([])
        #expect(size.limit(4_000) == 16)
        size.note(records(2, of: 1 << 10))
        #expect((17...32).contains(size.limit(4_000)))
        for _ in 0..<60 { size.note(records(2, of: 100)) }
        #expect(size.limit(4_000) == 4_000)
        size.note(records(1, of: 64 << 20))
        #expect(size.limit(4_000) == 1)
    }

    @Test("Lanes are shared out again soon at first, then as seldom as usual")
    func sharing() {
        var sharing = SharingInterval()
        let usual = Duration.milliseconds(500)
        #expect(
            (0..<7).map { _ in sharing.next(upTo: usual) }
                == [20, 40, 80, 160, 320, 500, 500].map { .milliseconds($0) })
        for _ in 0..<100 { _ = sharing.next(upTo: usual) }
        #expect(sharing.next(upTo: usual) == usual)
        var quick = SharingInterval()
        #expect(quick.next(upTo: .milliseconds(5)) == .milliseconds(5))
    }

    @Test("Who is late among many is found by smaller batches; alone its try counts, once")
    func hangs() {
        let hangs = Hangs()
        #expect(hangs.limit == .max)
        hangs.note([1, 2, 3], of: 100)
        #expect(hangs.limit == 50)
        #expect(hangs.cut([1, 2, 3]) == nil)
        hangs.note([1, 2, 3], of: 3)
        #expect(hangs.limit == 1)
        hangs.note([2], of: 1)
        #expect(hangs.limit == 1)
        #expect(hangs.cut([5, 6, 2, 7]) == 2)
        #expect(hangs.cut([2, 7]) == 1)
        #expect(hangs.take(2))
        #expect(!hangs.take(2))
        for _ in 0..<100 { hangs.relax() }
        #expect(hangs.limit == .max)
    }
}
