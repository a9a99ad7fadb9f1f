import HeliographTesting
import Testing

@testable import HeliographPostgres

@Suite("Statements that stay prepared")
struct StatementCacheTests {
    @Test("A statement is prepared when it comes again, and is then known by its name")
    func secondTime() {
        var cache = StatementCache(capacity: 2)
        let sql: SQL = "SELECT \(Int64(1))"
        #expect(cache.plan(for: sql) == .once)
        #expect(cache.plan(for: sql) == .prepare("h1"))
        #expect(cache.plan(for: "SELECT \(Int64(2))") == .prepared("h1"), "another value is the same statement")
    }

    @Test("The least recently used one goes, and its name is to be given up")
    func eviction() {
        var cache = StatementCache(capacity: 2)
        for text in ["a", "b"] {
            _ = cache.plan(for: SQL(unsafe: text))
            _ = cache.plan(for: SQL(unsafe: text))
        }
        #expect(cache.plan(for: SQL(unsafe: "a")) == .prepared("h1"))
        #expect(cache.plan(for: SQL(unsafe: "c")) == .once)
        #expect(cache.count == 2)
        #expect(cache.takeDropped() == ["h2"])
        #expect(cache.takeDropped().isEmpty)
        #expect(cache.plan(for: SQL(unsafe: "a")) == .prepared("h1"))
        #expect(cache.plan(for: SQL(unsafe: "b")) == .once)
    }

    @Test("The same text with values of other types, or other bytes that Unicode calls equal, is another statement")
    func distinct() {
        var cache = StatementCache(capacity: 8)
        _ = cache.plan(for: "SELECT \(Int64(1))")
        #expect(cache.plan(for: "SELECT \(Int32(1))") == .once)
        _ = cache.plan(for: SQL(unsafe: "SELECT '\u{e9}'"))
        #expect(cache.plan(for: SQL(unsafe: "SELECT 'e\u{301}'")) == .once)
        #expect(cache.plan(for: SQL(unsafe: "SELECT '\u{e9}'")) == .prepare("h1"))
    }

    @Test("However a statement is put together, it is the same when its text and types are")
    func assembled() {
        var cache = StatementCache(capacity: 8)
        _ = cache.plan(for: "SELECT \(Int64(1)) + \(Int64(2))")
        let parts: SQL = "SELECT \(Int64(1))"
        #expect(cache.plan(for: parts + " +" + " \(Int64(2))") == .prepare("h1"))
        #expect(cache.plan(for: parts + " + \(Int32(2))") == .once)
        #expect(cache.plan(for: SQL(unsafe: "SELECT $1 + $2")) == .once, "no values, no types")
    }

    @Test("What follows a statement is known by its values' types and its text, whatever has taken its place since")
    func following() {
        var cache = StatementCache(capacity: 2)
        let texts = ["BEGIN", "COMMIT"].map { SQL(unsafe: $0) }
        for _ in 0..<2 { for sql in texts { _ = cache.plan(for: sql) } }
        for _ in 0..<3 {
            #expect(cache.plan(for: texts[0]) == .prepared("h1"))
            #expect(cache.plan(for: texts[1]) == .prepared("h2"))
        }
        // COMMIT stood where this one stands now.
        _ = cache.plan(for: texts[0])
        let other: SQL = "SELECT \(Int64(1))"
        #expect(cache.plan(for: other) == .once)
        #expect(cache.takeDropped() == ["h2"])
        #expect(cache.plan(for: texts[0]) == .prepared("h1"))
        #expect(cache.plan(for: other) == .prepare("h3"))
        #expect(cache.plan(for: texts[0]) == .prepared("h1"))
        #expect(cache.plan(for: "SELECT \(Int32(1))") == .once, "other types")
        #expect(cache.plan(for: texts[1]) == .once)
        #expect(cache.count == 2)
        // What was found by its predecessor counts as used like any other.
        var recent = StatementCache(capacity: 3)
        let three = ["a", "b", "c"].map { SQL(unsafe: $0) }
        for _ in 0..<3 { for sql in three { _ = recent.plan(for: sql) } }
        _ = recent.plan(for: three[0])
        _ = recent.plan(for: SQL(unsafe: "d"))
        #expect(recent.takeDropped() == ["h2"], "b was used the longest ago")
    }

    @Test("Without a capacity, and for very long texts, nothing is kept")
    func none() {
        var cache = StatementCache(capacity: 0)
        for _ in 0..<3 { #expect(cache.plan(for: "SELECT 1") == .once) }
        var long = StatementCache(capacity: 4)
        let sql = SQL(unsafe: "SELECT 1" + String(repeating: " ", count: StatementCache.longestText))
        for _ in 0..<3 { #expect(long.plan(for: sql) == .once) }
        #expect(long.count == 0)
    }

    @Test("What is forgotten begins anew under another name; the server's is given up if it has one")
    func forgetting() {
        var cache = StatementCache(capacity: 4)
        let sql: SQL = "SELECT 1"
        for _ in 0..<2 { _ = cache.plan(for: sql) }
        cache.forget(sql, isOnServer: true)
        #expect(cache.takeDropped() == ["h1"])
        #expect(cache.plan(for: sql) == .once)
        #expect(cache.plan(for: sql) == .prepare("h2"))
        cache.removeAll()
        #expect(!cache.hasDropped)
        #expect(cache.plan(for: sql) == .once)
    }

    @Test("Any sequence of uses agrees with a list in order of use", arguments: 0..<50 as Range<UInt64>)
    func model(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...5, using: &generator)
        var cache = StatementCache(capacity: capacity)
        var order: [(text: String, isPrepared: Bool)] = []  // the newest first
        for _ in 0..<300 {
            let text = "SELECT \(Int.random(in: 0..<8, using: &generator))"
            if Int.random(in: 0..<20, using: &generator) == 0 {
                cache.forget(SQL(unsafe: text), isOnServer: true)
                order.removeAll { $0.text == text }
                continue
            }
            let plan = cache.plan(for: SQL(unsafe: text))
            if let place = order.firstIndex(where: { $0.text == text }) {
                let known = order.remove(at: place)
                switch plan {
                case .prepared: #expect(known.isPrepared)
                case .prepare: #expect(!known.isPrepared)
                case .once: Issue.record("\(text) was known")
                }
                order.insert((text, true), at: 0)
            } else {
                #expect(plan == .once)
                order.insert((text, false), at: 0)
                if order.count > capacity { order.removeLast() }
            }
            #expect(cache.count == order.count)
        }
    }
}

@Suite("Watching a socket before sleeping")
struct BusyWatchTests {
    @Test("A single miss is forgiven, more of them make it look ever less often, and a hit makes up for all")
    func backOff() {
        var watch = BusyWatch()
        func looks(_ count: Int) -> Int { (0..<count).count { _ in watch.isWorthIt } }
        #expect(looks(3) == 3)
        watch.note(false)
        #expect(looks(1) == 1)
        watch.note(false)
        #expect(looks(4) == 0)
        #expect(looks(1) == 1)
        watch.note(false)
        #expect(looks(8) == 0)
        #expect(looks(1) == 1)
        watch.note(true)
        #expect(looks(5) == 5)
        for _ in 0..<30 { watch.note(false) }
        #expect(looks(1024) == 0)
        #expect(looks(1) == 1)
        var patient = BusyWatch(patience: 3)
        for _ in 0..<3 {
            patient.note(false)
            let looks = patient.isWorthIt
            #expect(looks)
        }
        patient.note(false)
        let looks = patient.isWorthIt
        #expect(!looks)
    }

    @Test("The more statements are under way the longer it looks, within bounds")
    func limits() {
        #expect(BusyWatch.limit(statements: 0) == 50_000)
        #expect(BusyWatch.limit(statements: 100) == 300_000)
        #expect(BusyWatch.limit(statements: 1_000_000) == 300_000)
    }

    @Test("It ends when something is there, when it may not go on, and by itself")
    func ends() {
        var left = 5
        #expect(
            BusyWatch.look(
                limit: .max / 2,
                until: {
                    left -= 1
                    return left == 0
                }, while: { true }))
        #expect(left == 0)
        var asked = 0
        #expect(
            !BusyWatch.look(
                limit: .max / 2,
                until: {
                    asked += 1
                    return false
                }, while: { false }))
        #expect(asked == 1)
        #expect(!BusyWatch.look(limit: 1_000, until: { false }, while: { true }))
    }

    @Test("Waits are counted, so that only a lone one watches")
    func count() {
        let waits = WaitCount()
        #expect(waits.begin())
        #expect(waits.isOnlyOne)
        #expect(!waits.begin())
        #expect(!waits.isOnlyOne)
        waits.end()
        #expect(waits.isOnlyOne)
    }
}
