/// Whether a worker is well, for whoever watches over its process: see ``Worker/health``.
///
/// ```swift
/// let worker = Worker([createProfile], database: configuration, logger: logger)
/// // Where the process is asked:
/// let (live, ready) = (worker.health.liveness, worker.health.readiness)
/// ```
///
/// It says nothing of how far behind a subscription is, nor of dead letters: no restart helps against them. To ask costs no query.
public struct WorkerHealth: Sendable {
    /// One for each subscription, in the order in which they were given.
    let pulses: [SubscriptionPulse]

    init(_ subscriptions: [Subscription], _ configuration: WorkerConfiguration) {
        pulses = subscriptions.map {
            SubscriptionPulse(SubscriptionHealth(name: $0.name, patience: configuration.patience(with: $0)))
        }
    }

    /// Whether the process does what it is there for, or waits for its turn. It does not as soon as the loop of one subscription has
    /// not come round for longer than all that may take (its receiver's time-out, the limit of silence, a batch's time, a minute):
    /// then it hangs, and is to be restarted. Without a database it is live: it tries to connect. A worker that does not run is live.
    public var liveness: Answer { liveness(at: .now) }

    /// Whether each subscription is registered and has a session that works, or stands by on purpose: because it is paused, has lapsed,
    /// or a newer revision is in force. While all its receivers fail it is ready, and says so. A worker that does not run is not ready.
    public var readiness: Answer { readiness(at: .now) }

    /// As ``liveness``, without the reasons.
    public var isLive: Bool { liveness.isGood }

    /// As ``readiness``, without the reasons.
    public var isReady: Bool { readiness.isGood }

    func liveness(at now: ContinuousClock.Instant) -> Answer { Answer(pulses.map { $0.health.liveness(at: now) }) }

    func readiness(at now: ContinuousClock.Instant) -> Answer { Answer(pulses.map { $0.health.readiness(at: now) }) }
}

extension WorkerConfiguration {
    /// After how much silence the server ends the session of a subscription.
    func silenceLimit(with subscription: Subscription) -> Duration {
        max(silenceLimit, subscription.timeout + .seconds(5))
    }

    /// After how long a loop that has not come round hangs: one receiver, one statement and one batch take less, and a busy machine
    /// is given a minute.
    func patience(with subscription: Subscription) -> Duration {
        subscription.timeout + silenceLimit(with: subscription) + batchTime + .seconds(60)
    }
}
