import Foundation

/// Who makes the Profiles.
struct Contestant: Hashable {
    enum Kind: Hashable {
        /// Heliograph's worker: with a receiver of single records, or of batches.
        case ours(isBatch: Bool)
        /// A role of the Python program.
        case peer(String)
    }

    let name: String
    let kind: Kind
    /// How many users it is given at once: the slow ones fewer.
    let backlog: Int

    var database: String { "bench_\(name)" }

    static let each = Contestant(name: "each", kind: .ours(isBatch: false), backlog: 100_000)
    static let batch = Contestant(name: "batch", kind: .ours(isBatch: true), backlog: 100_000)
    static let skipLocked = Contestant(name: "skip_locked", kind: .peer("skip-locked"), backlog: 30_000)
    static let setBased = Contestant(name: "set_based", kind: .peer("set-based"), backlog: 100_000)
    static let pgQueuer = Contestant(name: "pgqueuer", kind: .peer("pgqueuer"), backlog: 3_000)
    static let oban = Contestant(name: "oban", kind: .peer("oban"), backlog: 3_000)

    static var python: String { ProcessInfo.processInfo.environment["HELIOGRAPH_BENCH_PYTHON"] ?? "python3" }
    static var program: String { ProcessInfo.processInfo.environment["HELIOGRAPH_BENCH_PEER"] ?? "" }

    /// Those that can be had here: Oban needs a newer Python than most systems have.
    static func all(isQuick: Bool) -> [Contestant] {
        if isQuick { return [each, batch] }
        let hasOban = ProcessInfo.processInfo.environment["HELIOGRAPH_BENCH_OBAN"] == "yes"
        return [each, batch, skipLocked, setBased, pgQueuer] + (hasOban ? [oban] : [])
    }
}
