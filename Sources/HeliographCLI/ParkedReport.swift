import Heliograph
import HeliographProgram

/// Parked records as lines, for people and for programs.
enum ParkedReport {
    static func table(_ records: [ParkedRecord]) -> [String] {
        guard !records.isEmpty else { return [] }
        return Terminal.table(
            [["ID", "SUBSCRIPTION", "STATE", "TRIES", "NEXT", "RECORD", "SENDER", "KEY", "LAST ERROR"]]
                + records.map { parked in
                    [
                        "\(parked.id)", parked.subscription, state(parked), "\(parked.attempts.count)",
                        parked.isDead ? "-" : parked.dueAt ?? "-", "#\(parked.record.id)", parked.record.sender,
                        parked.record.key ?? "-", String((parked.attempts.last?.error ?? "-").prefix(80)),
                    ]
                }
        )
    }

    static func text(_ parked: ParkedRecord) -> [String] {
        var lines = [
            "\(state(parked)) \(parked.id) of \(parked.subscription), parked at \(parked.parkedAt)",
            parked.isDead
                ? "waits for `heliograph dead-letters retry \(parked.id)`, or discard"
                : parked.dueAt.map { "tried next at \($0)" } ?? "waits for those of its row before it",
            parked.record.json, "",
        ]
        lines += Terminal.table(
            [["TRY", "AT", "WORKER", "ERROR"]]
                + parked.attempts.map { ["\($0.number)", $0.at, $0.worker, $0.error] })
        return lines
    }

    static func json(_ parked: ParkedRecord) -> String {
        JSONValue.object([
            ("id", .count(parked.id)), ("subscription", .string(parked.subscription)),
            ("state", .string(state(parked))),
            ("failures", .count(parked.failures)), ("due_at", parked.dueAt.map { .string($0) } ?? .null),
            ("parked_at", .string(parked.parkedAt)),
            ("record", (try? JSONValue(parsing: parked.record.json)) ?? .null),
            (
                "attempts",
                .array(
                    parked.attempts.map { attempt in
                        .object([
                            ("number", .count(attempt.number)), ("at", .string(attempt.at)),
                            ("worker", .string(attempt.worker)), ("error", .string(attempt.error)),
                        ])
                    })
            ),
        ]).description
    }

    private static func state(_ parked: ParkedRecord) -> String {
        if parked.isDead { return "dead" }
        return parked.dueAt == nil ? "behind" : "waiting"
    }
}
