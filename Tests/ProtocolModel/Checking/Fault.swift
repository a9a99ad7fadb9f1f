/// What the checker has found to be wrong.
struct Fault: Equatable, Sendable, CustomStringConvertible {
    enum Kind: String, Sendable {
        /// A change was stepped over.
        case lost
        /// A change had its effect twice, or one that it should not have had.
        case doubled
        /// A change had its effect before an earlier one of its key, which may come later or not at all.
        case outOfOrder
        /// Workers in good health, given all the time, have not done all.
        case stuck
        /// The outside world was told of a change that a crash has taken back.
        case mailForLostChange
    }

    let kind: Kind
    let detail: String

    var description: String { "\(kind.rawValue): \(detail)" }
}
