import Heliograph

/// Something that goes wrong while changes are written and received.
struct Scenario: Sendable {
    let name: String
    let summary: String
    var needs = Arena.Needs.database
    /// So soon all lanes are to be served again; `nil` where it is only measured.
    var goal: Duration?
    /// Milliseconds between two transactions of a writer, at most.
    var pace = 12
    /// What workers must have said, or the scenario has not shown what it is for.
    var evidence: [String] = []
    /// Adds the workers.
    var workers: @Sendable (Stage) async throws -> Void = { stage in
        for number in 1...2 { stage.fleet.add(stage.plan(number)) }
    }
    /// Disturbs them. The writers are at work meanwhile; when it returns all must be whole again.
    let disturb: @Sendable (Stage) async throws -> Void

    static let all: [Scenario] = [
        .calm, .kill, .storm, .freeze, .terminate, .restart, .exhausted, .network, .clock, .receivers, .poison,
        .revisions,
        .deadlocks,
        .shutdown,
        .retention, .mix,
    ]
}
