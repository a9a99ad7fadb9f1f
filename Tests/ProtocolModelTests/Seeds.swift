import Foundation

@testable import ProtocolModel

/// How many simulations a run of the tests is worth.
enum Seeds {
    /// `HELIOGRAPH_PROTOCOL_SEEDS` asks for more than usual, or for fewer.
    static let count = ProcessInfo.processInfo.environment["HELIOGRAPH_PROTOCOL_SEEDS"].flatMap(Int.init) ?? 3_000

    static let parts = 30

    /// A part of the seeds, so that parts run side by side.
    static func part(_ part: Int) -> Range<UInt64> {
        let bounds = [part, part + 1].map { UInt64($0 * count / parts) }
        return bounds[0]..<bounds[1]
    }

    /// What was found, and what came before it.
    static func story(_ verdict: Verdict) -> String {
        let trace = verdict.trace.suffix(40).joined(separator: "\n")
        return "seed \(verdict.seed): \(verdict.fault?.description ?? "nothing found")\n\(trace)"
    }
}
