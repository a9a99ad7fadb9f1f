import Heliograph
import HeliographTesting
import Testing

/// Statements that run inside others: the log, applied in its order, gives the table's state.
@Suite("Capture: order inside a transaction")
struct NestedTests {
    @Test("What runs inside of another statement", .timeLimit(.minutes(10)), arguments: NestedCase.all)
    func order(nested: NestedCase) async throws {
        try await Captured.with(nested.tables, attaching: nested.attached) { t in
            let mirror = Mirror(fixture: t.fixture, tables: nested.attached)
            try await mirror.prepare()
            try await t.write(nested.script)
            let records = try await read(t)
            #expect(!records.isEmpty)
            let wrong = try await faults(mirror, records)
            func expect() {
                #expect(wrong == [], "\(records.map { "\($0.operation) \($0.key ?? "") \($0.instance ?? "")" })")
            }
            if let fault = nested.knownFault { withKnownIssue("\(fault)", expect) } else { expect() }
        }
    }

    /// The records as a follower gets them.
    private func read(_ t: Captured) async throws -> [Record] {
        let bell = Bell(t.fixture.configuration, logger: t.fixture.logger)
        return try await t.fixture.withPool(maximum: 2) { pool in
            let visitor = Visitor(t.fixture, pool: pool, bell: bell)
            let isOver = Flag()
            isOver.set()
            try await visitor.visit(batchSize: 1_000, until: isOver)
            return await visitor.records
        }
    }

    /// What comes of applying them: rows that are not as they should be, or a record that cannot be.
    private func faults(_ mirror: Mirror, _ records: [Record]) async throws -> [String] {
        do {
            try await mirror.apply(records)
            return try await mirror.differences()
        } catch let error as PostgresError {
            return [error.message]
        }
    }
}
