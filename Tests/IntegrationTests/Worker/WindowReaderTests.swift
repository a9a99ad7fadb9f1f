import Heliograph
import HeliographTesting
import Testing

@testable import HeliographWorker

/// How a worker reads the log: by pieces, and ahead.
@Suite("Worker: reading")
struct WindowReaderTests {
    /// Its rows are known by whether their instances have been made.
    private struct Watched: Model {
        static let made = Locked<Set<Int64>>([])
        let id: Int64

        init(id: Int64) {
            self.id = id
            Self.made.change { $0.insert(id) }
        }

        static let mapping = Mapping("t", Watched.init) { Key("id", \.id) }
    }

    private static let filter = RecordFilter(
        sources: [.init(sender: "public.t", operations: [.insert])], laneCount: 1, lanes: [0])

    @Test(
        "By pieces a window is read as at once: each record once and in order, to the limit or the end",
        .timeLimit(.minutes(5)))
    func pieces() async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 2500)")
            try await effects.fixture.withConnection { connection in
                let reader = LogReader()
                let end = try await reader.takeSnapshot(on: connection).snapshot
                let whole = try await reader.read(
                    from: .beginning, to: end, after: 0, Self.filter, limit: 10_000, on: connection
                ).records.map(\.id)
                #expect(whole.count == 2_500)
                for limit in [1, 999, 1_000, 1_001, 2_000, 2_499, 2_500, 2_501, 10_000] {
                    let prepared = Locked<[Int64]>([])
                    let window = try await reader.readPieces(
                        from: .beginning, to: end, after: 0, Self.filter, limit: limit,
                        preparing: { record in prepared.change { $0.append(record.id) } }, on: connection)
                    #expect(window.records.map(\.id) == Array(whole.prefix(limit)), "limit \(limit)")
                    #expect(prepared.value == window.records.map(\.id), "limit \(limit)")
                    #expect(window.isComplete == (limit > 2_500), "limit \(limit)")
                    #expect(window.hi == end)
                }
                let rest = try await reader.readPieces(
                    from: .beginning, to: end, after: whole[1_233], Self.filter, limit: 10_000, on: connection)
                #expect(rest.records.map(\.id) == Array(whole.dropFirst(1_234)))
            }
        }
    }

    @Test("Of large records no more is read than a piece beyond what there is to be", .timeLimit(.minutes(5)))
    func largeRecords() async throws {
        try await Effects.with { effects in
            let text = RecordSize.budget / RecordSize.piece
            try await effects.fixture.psql(
                """
                ALTER TABLE t ADD COLUMN text text;
                SELECT heliograph.attach('t');
                INSERT INTO t SELECT n, 0, repeat('x', \(text)) FROM generate_series(1, 2500) AS n
                """)
            try await effects.fixture.withConnection { connection in
                let reader = LogReader()
                let end = try await reader.takeSnapshot(on: connection).snapshot
                let window = try await reader.readPieces(
                    from: .beginning, to: end, after: 0, Self.filter, limit: 10_000, on: connection)
                #expect(window.records.count == RecordSize.piece)
                #expect(!window.isComplete)
                #expect(window.records.allSatisfy { ($0.instance?.utf8.count ?? 0) > text })
            }
        }
    }

    @Test(
        "What comes next is decoded ahead, but not for lanes on probation", .timeLimit(.minutes(5)),
        arguments: [nil, 32])
    func probation(size: Int?) async throws {
        try await Effects.with { effects in
            let rows = size == nil ? Int64(1)...60 : 101...160
            try await effects.fixture.psql(
                "INSERT INTO t SELECT generate_series(\(rows.lowerBound), \(rows.upperBound))")
            let subscription = Subscription("effects", on: Watched.self, .created, lanes: 1) { _, _ in }
            try await effects.fixture.withConnection { connection in
                let reader = WindowReader(
                    subscription, laneCount: 1, schema: .standard, connection: connection, patience: .seconds(3_600))
                func group(at place: LanePlace) -> LaneTable.Group {
                    LaneTable.Group(place: place, generation: 0, lanes: [0], isSuspect: false, probationSize: size)
                }
                let start = group(at: LanePlace(lo: Cursor(snapshot: .beginning), lastID: 0))
                let first = try await reader.read(start, hi: nil, limit: 20, takesAhead: true)
                #expect(first.records.count == 20)
                let begin = BellWaiter()
                reader.readAhead(start, first, limit: 20, lettingGoOf: [], after: begin)
                begin.ring()
                let next = try await reader.read(group(at: first.course.end), hi: nil, limit: 20, takesAhead: true)
                let keys = Set(rows.dropFirst(20).prefix(20))
                #expect(next.records.map(\.key) == keys.sorted().map { "{\"id\":\($0)}" })
                #expect(Watched.made.value.intersection(rows) == (size == nil ? keys : []))
                await reader.dropAhead()
            }
        }
    }
}
