import HeliographLog
import HeliographPostgres
import Logging

extension BatchProcessor {
    /// What becomes of a record whose receiver threw.
    enum Judgement {
        /// It is done with.
        case skip
        case park(Parking)
        /// It stays where it is.
        case wait
    }

    /// - Parameter failures: how often it had failed before.
    func decide(
        _ record: Record, _ error: any Error, failures: Int, in table: inout LaneTable
    ) -> Judgement {
        switch error {
        case let error as Cancel:
            logger.info("a receiver cancelled a record", metadata: metadata(record, error))
            tally(1, "cancelled")
            return .skip
        case let error as Snooze:
            tally(1, "snoozed")
            return .park(Parking(delay: error.duration))
        case let error as Reject:
            tally(1, "dead")
            logger.warning("a receiver rejected a record: it is a dead letter", metadata: metadata(record, error))
            return .park(Parking(error: Self.words(of: error), isDead: true))
        case let error as Unavailable:
            tally(1, "held")
            logger.info("what a receiver depends on asks to wait", metadata: metadata(record, error))
            table.breaker.wait(until: .now + error.duration)
            table.breaker.lastError = Self.words(of: error)
            return .wait
        default: return judge(record, error, failures: failures, in: &table).map { .park($0) } ?? .wait
        }
    }

    /// PostgreSQL's text holds no NUL, and a record that cannot be parked would stand in the way for ever.
    static func words(of error: any Error) -> String {
        String("\(error)".prefix(2_000).replacing("\0", with: "\u{FFFD}"))
    }

    /// Whether a record that failed is to be parked, and how.
    /// - Parameter failures: how often it had failed before.
    /// - Returns: `nil` when everything fails: then it stays where it is.
    func judge(_ record: Record, _ error: any Error, failures: Int, in table: inout LaneTable) -> Parking? {
        let policy = subscription.retry
        let backoff = policy.backoff ?? configuration.retryBackoff
        var metadata = metadata(record, error)
        table.breaker.lastError = Self.words(of: error)
        let verdict = table.breaker.failed(
            key: record.keyHash, record: record.id, at: .now, backoff: backoff)
        guard verdict == .park else {
            tally(1, "held")
            logger.warning(
                "everything fails: waiting for the end of it, one record is tried now and then", metadata: metadata)
            return nil
        }
        tally(1, "failed")
        let isDead = failures + 1 >= policy.maximumAttempts && !table.breaker.isOpen
        let delay = backoff.delay(afterAttempt: failures + 1)
        metadata["attempt"] = "\(failures + 1)"
        if isDead {
            tally(1, "dead")
            logger.warning("a receiver failed for the last time: the record is a dead letter", metadata: metadata)
        } else {
            metadata["retry.in"] = "\(delay)"
            logger.info("a receiver failed; the record is parked and tried again", metadata: metadata)
        }
        return Parking(delay: delay, error: Self.words(of: error), isDead: isDead)
    }
}
