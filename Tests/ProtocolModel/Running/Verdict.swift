/// What came of a simulation.
struct Verdict: Sendable {
    let seed: UInt64
    let fault: Fault?
    let traceHash: UInt64
    let steps: Int
    let tally: Tally
    /// Empty unless asked for.
    let trace: [String]
}
