import Heliograph
import HeliographTesting
import Logging
import Testing

/// What subscriptions can rely on, whichever log they read: each test runs over a database and in memory.
@Suite("Conformance: what is received, and when")
struct ConformanceTests {
    struct Failure: Error {}

    static let all: [RecordFilter.Source] = [.init(sender: "public.t", operations: [.insert, .update])]

    @Test("Each change once, those of a row in their order", .timeLimit(.minutes(10)), arguments: LogKind.allCases)
    func once(_ kind: LogKind) async throws {
        try await kind.with { log in
            let subscription = Effects.subscription()
            try await log.insert(Array(1...40))
            for id in 1...10 as ClosedRange<Int64> { try await log.update(id, v: 1) }
            #expect(try await log.drain([subscription]).received("effects") == 50)
            for id in 1...10 as ClosedRange<Int64> { try await log.update(id, v: 2) }
            try await log.delete(11)
            #expect(try await log.drain([subscription]).received("effects") == 10)
            #expect(try await log.drain([subscription]).received("effects") == 0)
            let effects = try await log.effects(of: "effects")
            #expect(effects.count == 60)
            let records = Set(effects.map(\.record))
            #expect(records.count == 60)
            for (key, ofKey) in Dictionary(grouping: effects, by: \.key) {
                let expected: [Int64] = key <= 10 ? [0, 1, 2] : [0]
                #expect(ofKey.map(\.v) == expected && ofKey.map(\.record) == ofKey.map(\.record).sorted())
            }
        }
    }

    @Test(
        "Of a batch what stands before and behind a failing record is done, whoever receives",
        .timeLimit(.minutes(10)), arguments: LogKind.allCases)
    func batches(_ kind: LogKind) async throws {
        try await kind.with { log in
            let isBroken = Flag()
            isBroken.set()
            let batches = Subscription(
                "batches", batchesOf: Self.all, lanes: 4, start: .beginning, retry: .init(maximumAttempts: 1)
            ) { records, tx in
                try await Effect.leave(records, tx)
                if isBroken.isSet, try records.contains(where: { try Effect.key(of: $0) == 7 }) { throw Failure() }
            }
            try await log.insert(Array(1...20))
            let report = try await log.drain([batches])
            #expect(report.received("batches") == 19 && report.subscriptions["batches"]?.dead == 1)
            let keys = try await log.effects(of: "batches").map(\.key).sorted()
            #expect(keys == Array(1...20).filter { $0 != 7 })
            isBroken.clear()
            try await log.retry(try await log.parked(of: "batches").map(\.id), of: "batches")
            try await log.drain([batches])
            #expect(try await log.effects(of: "batches").count == 20)
        }
    }

    @Test(
        "Updates that change a column, deletions, and what is not asked for", .timeLimit(.minutes(10)),
        arguments: LogKind.allCases)
    func filters(_ kind: LogKind) async throws {
        try await kind.with { log in
            let heard = Locked<[String]>([])
            let filtered = Subscription(
                "filtered",
                sources: [.init(sender: "public.t", operations: [.update, .delete], changing: ["v"])], lanes: 1,
                start: .beginning
            ) { record, _ in
                heard.change { $0.append("\(record.operation.rawValue) \(record.changed?.joined() ?? "-")") }
            }
            try await log.insert([1, 2])
            try await log.update(1, v: 0)  // changes nothing
            try await log.update(1, v: 5)
            try await log.delete(2)
            try await log.drain([filtered])
            // Across rows there is no order.
            #expect(heard.value.sorted() == ["delete -", "update v"])
        }
    }

    @Test(
        "From now on, from the beginning, or with the rows there are", .timeLimit(.minutes(10)),
        arguments: LogKind.allCases)
    func starts(_ kind: LogKind) async throws {
        try await kind.with { log in
            try await log.insert([1, 2, 3])
            try await log.update(1, v: 1)
            try await log.delete(3)
            let heard = Locked<[String: [String]]>([:])
            let subscriptions = [Subscription.Start.now, .beginning, .backfill].map { start in
                Subscription(start.rawValue, sources: Self.all, lanes: 1, start: start) { record, _ in
                    let (key, isBackfill) = (try Effect.key(of: record), record.isBackfill)
                    let v = try JSONValue(parsing: record.instance ?? "null")["v"]?.description ?? "-"
                    heard.change { $0[start.rawValue, default: []].append("\(key):\(v)\(isBackfill ? "b" : "")") }
                }
            }
            try await log.drain(subscriptions)
            try await log.insert([4])
            try await log.update(2, v: 9)
            try await log.drain(subscriptions)
            // Across rows there is no order; of the row 1, which "beginning" hears of twice, there is.
            #expect(heard.value["now"]?.sorted() == ["2:9", "4:0"])
            #expect(heard.value["beginning"]?.sorted() == ["1:0", "1:1", "2:0", "2:9", "3:0", "4:0"])
            #expect(heard.value["beginning"]?.filter { $0.hasPrefix("1") } == ["1:0", "1:1"])
            #expect(heard.value["backfill"]?.sorted() == ["1:1b", "2:0b", "2:9", "4:0"])
        }
    }

    @Test("Paused nothing is received; then all of it", .timeLimit(.minutes(10)), arguments: LogKind.allCases)
    func paused(_ kind: LogKind) async throws {
        try await kind.with { log in
            let subscription = Effects.subscription()
            try await log.insert([1])
            try await log.drain([subscription])
            try await log.setPaused(true, "effects")
            try await log.insert([2])
            #expect(try await log.drain([subscription]).received("effects") == 0)
            try await log.setPaused(false, "effects")
            #expect(try await log.drain([subscription]).received("effects") == 1)
        }
    }

    @Test(
        "Rewound, it reads again, and what is parked goes with it", .timeLimit(.minutes(10)),
        arguments: LogKind.allCases)
    func rewound(_ kind: LogKind) async throws {
        try await kind.with { log in
            let isBroken = Flag()
            isBroken.set()
            let subscription = Effects.subscription(retry: .init(maximumAttempts: 1)) { record, _ in
                if isBroken.isSet, try Effect.key(of: record) == 2 { throw Failure() }
            }
            try await log.insert([1, 2])
            try await log.drain([subscription])
            try await log.insert([3])
            try await log.drain([subscription])
            #expect(try await log.parked(of: "effects").count == 1)
            isBroken.clear()
            try await log.rewind("effects", to: nil)
            #expect(try await log.parked(of: "effects").isEmpty)
            #expect(try await log.drain([subscription]).received("effects") == 3)
            let last = try #require(try await log.effects(of: "effects").last { $0.key == 3 })
            try await log.rewind("effects", to: last.record)
            try await log.drain([subscription])
            let keys = try await log.effects(of: "effects").map(\.key).sorted()
            // To the last recorded place before it, which may be further back than the record.
            #expect(keys.count { $0 == 3 } == 3 && keys.count { $0 == 1 } >= 2)
        }
    }

    @Test(
        "The same revision with another content is refused; a newer one takes over, an older one stands by",
        .timeLimit(.minutes(10)), arguments: LogKind.allCases)
    func revisions(_ kind: LogKind) async throws {
        try await kind.with { log in
            func subscription(_ revision: Int, _ operations: [AttachOptions.Operation]) -> Subscription {
                Subscription(
                    "effects", sources: [.init(sender: "public.t", operations: operations)], revision: revision,
                    lanes: 4, start: .beginning
                ) { try await Effect.leave($0, $1) }
            }
            try await log.insert([1])
            try await log.drain([subscription(1, [.insert])])
            let error = await #expect(throws: WorkerError.self) {
                try await log.drain([subscription(1, [.insert, .update])])
            }
            #expect(error?.code == .conflictingDeclaration)
            try await log.update(1, v: 1)
            #expect(try await log.drain([subscription(2, [.insert, .update])]).received("effects") == 1)
            try await log.insert([2])
            #expect(try await log.drain([subscription(1, [.insert])]).received("effects") == 0)
            #expect(try await log.drain([subscription(2, [.insert, .update])]).received("effects") == 1)
        }
    }

    @Test(
        "Two workers share the lanes, and receive each change once", .timeLimit(.minutes(10)),
        arguments: LogKind.allCases)
    func shared(_ kind: LogKind) async throws {
        try await kind.with { log in
            let subscription = Effects.subscription()
            let logger = Logger(label: "test")
            try await withService(log.worker([subscription]), logger: logger) {
                try await withService(log.worker([subscription]), logger: logger) {
                    for id in 1...60 as ClosedRange<Int64> { try await log.insert([id]) }
                    try await eventually("half of them") { try await log.effects(of: "effects").count >= 30 }
                }
                for id in 61...90 as ClosedRange<Int64> { try await log.insert([id]) }
                try await eventually("all of them") { try await log.effects(of: "effects").count >= 90 }
            }
            #expect(try await log.drain([subscription]).received("effects") == 0)
            let keys = try await log.effects(of: "effects").map(\.key).sorted()
            #expect(keys == Array(1...90))
        }
    }
}
