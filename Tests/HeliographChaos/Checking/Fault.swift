/// What may be wrong between the changes and their effects.
enum Fault: String, Sendable, CaseIterable {
    /// A change without an effect.
    case lost
    /// An effect that was there already, or of a change that never was.
    case doubled
    /// An effect of a row before the effect of an earlier change of it.
    case outOfOrder = "out of order"
    /// A counter that is not the number of changes.
    case miscounted
}
