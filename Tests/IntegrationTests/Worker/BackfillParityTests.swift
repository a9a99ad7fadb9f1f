import Heliograph
import HeliographTesting
import Testing

@testable import HeliographWorker

/// Rows that are backfilled look as records of their insert, and their keys are in one order for the table and for the log.
@Suite("Worker: what a backfill reads")
struct BackfillParityTests {
    private struct Seen: Hashable {
        let key: String?
        let instance: String?
        let lane: Int
        let partition: String?

        init(_ record: Record) {
            key = record.key
            // A partition may have its columns in another order than the table.
            instance = record.instance.map { text in
                guard case .object(let members)? = try? JSONValue(parsing: text) else { return text }
                return members.map { "\($0.name): \($0.value)" }.sorted().joined(separator: ", ")
            }
            lane = record.lane
            partition = record.partition
        }
    }

    @Test("As the records of an insert, in steps of any size", .timeLimit(.minutes(10)), arguments: ParityShape.all)
    func rows(shape: ParityShape) async throws {
        if let requirement = shape.requirement {
            guard (try? await LocalCluster.shared.psql(requirement)) != nil else { return }
        }
        try await ParityRig.with(shape) { rig in
            let sql = rig.sql
            try await rig.fixture.psql(
                """
                DELETE FROM \(shape.table);
                \(sql.insertion) SELECT \(sql.list(sql.writable, "s.")) FROM parity.state AS s WHERE "parity step" = 'nothing';
                """)
            try await rig.fixture.withConnection { connection in
                let lanes = 8
                let filter = RecordFilter(laneCount: lanes)
                let log = LogReader()
                let written = try await log.read(from: .beginning, filter, limit: 1_000, on: connection).records
                    .filter { $0.operation == .insert && $0.sender == shape.sender }
                let source = RecordFilter.Source(sender: shape.sender, operations: [.insert])
                let reader = BackfillReader(schema: .standard, sources: [source], laneCount: lanes)
                let all = Array(0..<lanes)
                let chunk = try await reader.chunk(
                    for: all, after: .beginning, from: .beginning, limit: 100, on: connection)
                #expect(Set(chunk.rows.map { Seen($0.record) }) == Set(written.map(Seen.init)))
                #expect(chunk.rows.count == written.count)
                #expect(chunk.end == nil)
                #expect(chunk.rows.allSatisfy { $0.record.isBackfill && $0.record.isCreated })
                #expect(Set(chunk.rows.map(\.record.id)).count == chunk.rows.count)

                // Row by row, and lane by lane: the same ones in the same order.
                var stepwise: [String?] = []
                var frontier: Frontier? = .beginning
                while let from = frontier {
                    let step = try await reader.chunk(
                        for: all, after: from, from: .beginning, limit: 1, on: connection)
                    stepwise += step.rows.map(\.record.key)
                    frontier = step.end
                    // The log without what is not told yet.
                    let condition = try await reader.condition(at: frontier ?? .before("zzz"), on: connection)
                    let told = try await log.read(
                        from: .beginning, to: nil, filter, and: condition, limit: 1_000, on: connection
                    ).records.filter { $0.operation == .insert && $0.sender == shape.sender }
                    #expect(Set(told.map(\.key)) == Set(stepwise))
                }
                #expect(stepwise == chunk.rows.map(\.record.key))
                var byLane: [Seen] = []
                for lane in all {
                    byLane += try await reader.chunk(
                        for: [lane], after: .beginning, from: .beginning, limit: 100, on: connection
                    ).rows.map { Seen($0.record) }
                }
                #expect(Set(byLane) == Set(written.map(Seen.init)) && byLane.count == written.count)
            }
        }
    }
}
