import Heliograph
import HeliographTesting
import Synchronization

/// What a receiver does beside its work, by the plan's chances.
final class Mood: Sendable {
    /// What it does this time.
    enum Moment: Sendable {
        case calm, throwsLate, failsStatement, ignoresError, snoozes
    }

    private struct State {
        var generator: SeededGenerator
        /// How often it was not calm.
        var turn = 0
        /// How often the receiver was called for a record that fails for a while.
        var calls: [Int64: Int] = [:]
    }

    private let plan: WorkerPlan
    private let state: Mutex<State>

    /// So often such a record fails in each process.
    private static let failures = 4

    init(plan: WorkerPlan) {
        self.plan = plan
        state = Mutex(State(generator: SeededGenerator(seed: plan.seed)))
    }

    /// - Throws: ``Mishap`` for poison, and by chance.
    func before(_ changes: [Change], _ tx: Transaction) async throws -> Moment {
        if changes.contains(where: { plan.poison.contains($0.key) }) { throw Mishap(cause: "poison") }
        try await linger()
        if chance(plan.allocating, of: changes) { takeMemory() }
        if chance(plan.hanging, of: changes) { await hang() }
        guard chance(plan.throwing, of: changes) || isUnlucky(changes) else { return .calm }
        // One after the other, so that each of them comes however short the run is.
        let turn = state.withLock { state in
            state.turn += 1
            return state.turn
        }
        switch turn % 5 {
        case 0: throw Mishap(cause: "before the effect")
        case 1: return .throwsLate
        case 2: return .failsStatement
        case 3: return .ignoresError
        default: return .snoozes
        }
    }

    func linger() async throws {
        if plan.slowness > 0 { try await Task.sleep(for: .milliseconds(plan.slowness)) }
    }

    /// Between the effect and the counter.
    func during(_ moment: Moment, _ tx: Transaction) async throws {
        switch moment {
        case .failsStatement: try await tx.query("SELECT 1 / 0")
        case .ignoresError: _ = try? await tx.query("SELECT 1 / 0")
        case .calm, .throwsLate, .snoozes: break
        }
    }

    /// After the effects.
    func after(_ moment: Moment, _ tx: Transaction) async throws {
        switch moment {
        case .throwsLate: throw Mishap(cause: "after the effect")
        case .snoozes: throw Snooze(for: .milliseconds(30))
        case .calm, .failsStatement, .ignoresError: break
        }
    }

    /// Whether a worker made by hand is to fail now.
    var isBad: Bool { plan.throwing > 0 && draw(10_000) < plan.throwing }

    private func draw(_ limit: Int) -> Int {
        state.withLock { Int.random(in: 0..<limit, using: &$0.generator) }
    }

    /// Whether one of them is a record that fails several times, also alone: or it would be done with at the next try.
    private func isUnlucky(_ changes: [Change]) -> Bool {
        guard plan.throwing > 0 else { return false }
        return changes.contains { change in
            // By the record, so that all workers agree.
            guard "\(change.record)".stableHash % 10_000 < UInt64(plan.throwing) else { return false }
            return state.withLock { state in
                state.calls[change.record, default: 0] += 1
                return state.calls[change.record, default: 0] <= Self.failures
            }
        }
    }

    /// Of a set the chance is that of one record: or it would hardly ever be calm.
    private func chance(_ share: Int, of changes: [Change]) -> Bool {
        share > 0 && !changes.isEmpty && draw(10_000) < share
    }

    private func takeMemory() {
        // 64 MiB, each page of it touched.
        var bytes = [UInt8](repeating: 0, count: 64 << 20)
        for place in stride(from: 0, to: bytes.count, by: 4096) { bytes[place] = UInt8(truncatingIfNeeded: place) }
        precondition(bytes[4096] == UInt8(truncatingIfNeeded: 4096))
    }

    /// Longer than it may, and deaf to cancellation; but not for ever.
    private func hang() async {
        let end = ContinuousClock.now + .seconds(plan.timeout) * 3
        while ContinuousClock.now < end {
            await Task { try? await Task.sleep(for: .milliseconds(100)) }.value
        }
    }
}
