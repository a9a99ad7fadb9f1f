/// What the pump saw at a look.
struct PumpLook: Sendable {
    let snapshot: Snapshot
    /// Whether something was committed since the last look, for which it has rung.
    let found: Bool
    /// The newest id that has been drawn.
    let newestID: Int64
}
