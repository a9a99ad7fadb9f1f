import CChaosClock
import Foundation
import HeliographProgram
import HeliographTesting
import ServiceLifecycle

/// Shifts the process's time of day to and fro, and says what the process makes of it.
struct ClockJumps: Service {
    let plan: WorkerPlan
    /// In seconds, either way.
    let largest: Int64

    /// Whether the clock can be shifted here.
    static var isPossible: Bool { chaosclock_works() != 0 }

    /// What the line begins with that tells of a jump that was seen.
    static let word = "clock jumped"

    func run() async throws {
        let seed = plan.seed
        await cancelWhenGracefulShutdown {
            var generator = SeededGenerator(seed: seed)
            while !Task.isCancelled {
                let before = Date()
                let start = ContinuousClock.now
                let shift = Int64.random(in: -largest...largest, using: &generator)
                chaosclock_shift(shift)
                try? await Task.sleep(for: .milliseconds(150))
                let passed = (ContinuousClock.now - start) / .seconds(1)
                let seen = Date().timeIntervalSince(before) - passed
                if abs(seen) > 1 { Terminal.say("\(Self.word) by \(Int(seen)) s") }
            }
        }
    }
}
