/// What the records of a batch's own writes say about where they come from.
struct EffectContext: Equatable {
    let origin: String?
    /// See `Record.causalDepth`.
    let depth: Int
}
