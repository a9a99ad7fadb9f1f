import Foundation
import HeliographTesting

/// Who makes the Profiles.
struct Contestant: Hashable {
    enum Kind: Hashable {
        /// Heliograph's worker.
        case ours(WorkerRole)
        /// A role of the Python program.
        case peer(String)
    }

    let name: String
    let kind: Kind
    /// How many users it is given at once: the slow ones fewer.
    let backlog: Int
    /// In the short form.
    var shortBacklog = 200

    var database: String { "bench_\(name)" }

    static let each = Contestant(name: "each", kind: .ours(.each), backlog: 100_000)
    static let batch = Contestant(name: "batch", kind: .ours(.batch), backlog: 100_000)
    static let skipLocked = Contestant(name: "skip_locked", kind: .peer("skip-locked"), backlog: 30_000)
    static let setBased = Contestant(name: "set_based", kind: .peer("set-based"), backlog: 100_000)
    static let pgQueuer = Contestant(name: "pgqueuer", kind: .peer("pgqueuer"), backlog: 3_000)
    static let oban = Contestant(name: "oban", kind: .peer("oban"), backlog: 3_000)
    /// Subscriptions whose receivers do nothing.
    static let one = Contestant(name: "one", kind: .ours(.one), backlog: 50_000)
    static let sixteen = Contestant(name: "sixteen", kind: .ours(.sixteen), backlog: 50_000)
    /// A day's work, in a database of its own.
    static let long = Contestant(name: "long", kind: .ours(.batch), backlog: 10_000_000, shortBacklog: 2_000)

    static var python: String { ProcessInfo.processInfo.environment["HELIOGRAPH_BENCH_PYTHON"] ?? "python3" }
    static var program: String { ProcessInfo.processInfo.environment["HELIOGRAPH_BENCH_PEER"] ?? "" }

    /// Those that can be had here: Oban needs a newer Python than most systems have.
    static func all(isQuick: Bool) -> [Contestant] {
        if isQuick { return [each, batch] }
        let hasOban = ProcessInfo.processInfo.environment["HELIOGRAPH_BENCH_OBAN"] == "yes"
        return [each, batch, skipLocked, setBased, pgQueuer] + (hasOban ? [oban] : [])
    }

    /// How its process is started.
    /// - Parameter count: the Profiles after which a peer ends; `nil` for one that goes on.
    func command(_ target: String, until count: Int?) throws -> (path: String, arguments: [String]) {
        switch kind {
        case .ours(let role): (try programPath("heliograph-bench"), [role.rawValue, target])
        case .peer(let role):
            (
                Self.python,
                [Self.program, count == nil ? "serve" : "drain", role, target]
                    + (count.map { ["--count", "\($0)"] } ?? [])
            )
        }
    }
}
