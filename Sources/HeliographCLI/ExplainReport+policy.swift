import Heliograph

/// How a subscription receives.
extension ExplainReport {
    static func policy(_ policy: ReceivingPolicy?) -> [String] {
        guard let policy else {
            return [
                "  moment   after the commit, in one worker process",
                "  retry    not known: no worker that tells has registered it yet",
            ]
        }
        let isExternal = policy.mode == "external"
        let isBatch = policy.unit == "batch"
        let isOrdered = policy.order == "perKey"
        let place =
            switch policy.mode {
            case "external": "in no transaction: at least once (external)"
            case "transactional": "in a transaction with its place in the log (transactional)"
            default: policy.mode
            }
        var lines = ["  moment   after the commit, in one worker process, \(place)"]
        lines.append(
            isOrdered
                ? "  order    per key; lanes side by side" : "  order    \(policy.order): none waits for a failed one")
        let calls = isExternal ? ", up to \(policy.concurrency) at the same time in a process" : ""
        lines.append(
            "  receives \(isBatch ? "batches" : "each record")\(calls); \(time(policy.timeout)) for each \(isBatch ? "batch" : "record")"
        )
        let waits = "after \(time(policy.backoff.initial)), doubling to \(time(policy.backoff.maximum))"
        lines.append(
            policy.maximumAttempts == 1
                ? "  retry    none: what fails once is a dead letter"
                : "  retry    \(policy.maximumAttempts) tries, the second \(waits); then a dead letter")
        if isOrdered {
            lines.append(
                policy.onDead == "block"
                    ? "  dead     the later records of its row wait (block); from \(policy.maximumParkedPerKey) on its lane does"
                    : "  dead     the later records of its row go on (\(policy.onDead))")
        }
        return lines
    }

    static func json(_ policy: ReceivingPolicy) -> JSONValue {
        .object([
            ("mode", .string(policy.mode)), ("unit", .string(policy.unit)), ("concurrency", .count(policy.concurrency)),
            ("timeout_seconds", seconds(policy.timeout)), ("attempts", .count(policy.maximumAttempts)),
            ("backoff_seconds", seconds(policy.backoff.initial)),
            ("longest_backoff_seconds", seconds(policy.backoff.maximum)),
            ("on_dead", .string(policy.onDead)), ("order", .string(policy.order)),
            ("parked_per_key", .count(policy.maximumParkedPerKey)),
        ])
    }

    private static func seconds(_ duration: Duration) -> JSONValue { .seconds(duration / .seconds(1)) }

    private static func time(_ duration: Duration) -> String {
        let (amount, unit) =
            duration < .seconds(1) ? (duration / .milliseconds(1), "ms") : (duration / .seconds(1), "s")
        return "\(Int(exactly: amount).map(String.init) ?? JSONValue.rounded(amount)) \(unit)"
    }
}
