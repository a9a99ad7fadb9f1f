import ArgumentParser

/// A worker without one of the protocol's rules.
enum Flaw: String, CaseIterable, ExpressibleByArgument {
    /// Whatever COMMIT is answered counts as done.
    case commitIgnored = "commit-ignored"
    /// The place is written before the effects, in a transaction of its own.
    case placeFirst = "place-first"
    /// The effects are committed before the place.
    case effectsFirst = "effects-first"
    /// Lanes are not locked, and their positions' versions not looked at.
    case unfenced
    /// Whoever takes lanes over does not hear of what is parked in them.
    case parkedForgotten = "parked-forgotten"
    /// The log is read as if its numbers were in the order of the commits.
    case byNumber = "by-number"

    /// A backfill's place is written without the effects of its rows.
    case backfillFirst = "backfill-first"

    /// What faults it makes, one of them at least.
    var harm: [String] {
        switch self {
        case .commitIgnored, .placeFirst, .byNumber, .backfillFirst: ["lost"]
        case .effectsFirst: ["doubled"]
        case .unfenced: ["doubled", "out of order"]
        case .parkedForgotten: ["out of order"]
        }
    }
}
