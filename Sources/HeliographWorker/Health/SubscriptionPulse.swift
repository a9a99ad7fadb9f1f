import Synchronization

/// Where whoever runs a subscription says how it fares: ``SubscriptionHealth`` behind a lock, by the clock.
final class SubscriptionPulse: Sendable {
    private let state: Mutex<SubscriptionHealth>

    init(_ health: SubscriptionHealth) { state = Mutex(health) }

    var health: SubscriptionHealth { state.withLock(\.self) }

    func begin() { state.withLock { $0.begin(at: .now) } }
    func work() { state.withLock { $0.work(at: .now) } }
    func comeRound(isOutage: Bool) { state.withLock { $0.comeRound(isOutage: isOutage, at: .now) } }
    func step() { state.withLock { $0.step(at: .now) } }
    func standBy(_ reason: SubscriptionHealth.StandBy) { state.withLock { $0.standBy(reason, at: .now) } }
    func lose() { state.withLock { $0.lose(at: .now) } }
    func end() { state.withLock { $0.end() } }
}
