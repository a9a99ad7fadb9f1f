import Heliograph
import HeliographTesting
import Testing

/// Whatever way a row is written by, its records are the same: those of one plain statement, or one `save`, for one row.
@Suite("Capture: parity of all paths")
struct ParityTests {
    @Test("Each path gives the records that follow from the rows", .timeLimit(.minutes(10)), arguments: ParityShape.all)
    func paths(shape: ParityShape) async throws {
        if let requirement = shape.requirement {
            guard (try? await LocalCluster.shared.psql(requirement)) != nil else { return }
        }
        try await ParityRig.with(shape) { rig in
            var differences: [String] = []
            for path in shape.paths { differences += try await rig.differences(path) }
            let all = differences
            func expect() { #expect(all.isEmpty, "\(all.count): \(all.prefix(9).joined(separator: "\n"))") }
            if let fault = shape.knownFault { withKnownIssue("\(fault)", expect) } else { expect() }
        }
    }

    @Test("Nothing is left out by mistake: each path goes through some shape, and each shape takes each operation")
    func coverage() {
        #expect(Set(ParityShape.all.map(\.name)).count == ParityShape.all.count)
        #expect(Set(ParityPath.all.map(\.name)).count == ParityPath.all.count)
        for path in ParityPath.all { #expect(ParityShape.all.contains { path.suits($0) }, "\(path.name)") }
        for shape in ParityShape.all where !shape.takesOwnPathsAlone {
            #expect(shape.paths.count >= 38, "\(shape.name): \(shape.paths.count)")
            let made = shape.rows.map(shape.made)
            #expect(made.allSatisfy { Set($0.keys) == Set(shape.writable.map(\.name)) }, "\(shape.name)")
        }
    }
}
