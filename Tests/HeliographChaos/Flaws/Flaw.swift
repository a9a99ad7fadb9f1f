/// A way to write a worker wrong. The checker must find each of them.
enum Flaw: String, Codable, Sendable, CaseIterable {
    case idCursor = "id-cursor"
    case commitBeforeEffect = "commit-before-effect"
    case effectOutsideTransaction = "effect-outside-transaction"
    case noLockNoVersion = "no-lock-no-version"
    case memoryCursor = "memory-cursor"
    case swallowErrors = "swallow-errors"
    case unorderedRetry = "unordered-retry"

    var summary: String {
        switch self {
        case .idCursor: "goes on from the highest number, and so misses what commits late"
        case .commitBeforeEffect: "commits its place first and its effects afterwards"
        case .effectOutsideTransaction: "has its effects on another connection, beside the transaction of its place"
        case .noLockNoVersion: "does not look whether another one has moved the place"
        case .memoryCursor: "keeps its place in memory alone"
        case .swallowErrors: "steps over a record that failed"
        case .unorderedRetry: "tries a failed record again after later ones of its row"
        }
    }

    /// What comes of it.
    var consequence: Fault {
        switch self {
        case .idCursor, .commitBeforeEffect, .swallowErrors: .lost
        case .effectOutsideTransaction, .noLockNoVersion, .memoryCursor: .doubled
        case .unorderedRetry: .outOfOrder
        }
    }
}
