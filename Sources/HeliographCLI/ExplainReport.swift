import Foundation
import Heliograph
import HeliographProgram

/// Who receives a table's signals, as lines, for people and for programs.
enum ExplainReport {
    /// Receivers within a process are in no table: a process that has some lists them itself.
    static let inProcess =
        "preSave, postSave, preDelete, postDelete, afterCommit and observers: known only to the process that connects them, "
        + "which lists them itself"

    /// - Parameter attach: the command that would capture the table.
    static func text(_ explanation: TableExplanation, attach: String) -> [String] {
        var lines = [Terminal.colour(explanation.table ?? explanation.capture?.sender ?? "", 1)]
        guard let capture = explanation.capture else {
            lines += ["not captured: nobody hears of its changes; to capture it: \(attach)"]
            return lines + triggers(explanation)
        }
        if explanation.table == nil { lines += ["the table is gone; its records are in the log still"] }
        lines += Terminal.table(
            [
                ["captured as", capture.sender],
                ["key", capture.keyColumns.joined(separator: ",")],
                ["operations", capture.operations.joined(separator: ",")],
                ["excluded", capture.excludedColumns.isEmpty ? "-" : capture.excludedColumns.joined(separator: ",")],
                [
                    "bell",
                    capture.ringsBell ? "rings with each commit, while few commit" : "never rings: the pump looks",
                ],
            ] + capture.options.map { [$0.name.replacing("_", with: " "), $0.value] }
        )
        if let count = capture.findingCount, count > 0 {
            lines.append(
                Terminal.colour("`heliograph doctor` has \(count) findings about how it is captured", 33)
            )
        }
        lines += ["", "IN PROCESS  \(inProcess)", ""]
        lines += Terminal.table(
            [["SUBSCRIPTION", "OPERATIONS", "REVISION", "STATE", "LANES", "HELD", "LAG", "SECONDS", "SINCE"]]
                + explanation.subscriptions.map { subscription in
                    let status = subscription.status
                    return [
                        status.name, subscription.operations.joined(separator: ","), "\(status.revision)", status.state,
                        "\(status.lanes)", "\(status.heldLanes)", "\(status.lagRecords)",
                        JSONValue.rounded(status.lagSeconds),
                        subscription.since,
                    ]
                }
        )
        if explanation.subscriptions.isEmpty { lines.append("(none: they register when a worker starts)") }
        for subscription in explanation.subscriptions { lines += details(subscription) }
        return lines + triggers(explanation)
    }

    private static func details(_ subscription: TableExplanation.Subscription) -> [String] {
        var lines = ["", Terminal.colour(subscription.status.name, 1)]
        lines += policy(subscription.policy)
        lines += subscription.declared.map { "  \($0.name)  \($0.value.string ?? $0.value.description)" }
        lines += subscription.holders.map {
            "  process  \($0.applicationName) (backend \($0.backendProcessID)) holds \($0.lanes.count) lanes"
        }
        if subscription.holders.isEmpty { lines.append("  process  none holds its lanes: no worker runs it") }
        return lines
    }

    private static func triggers(_ explanation: TableExplanation) -> [String] {
        if explanation.triggers.isEmpty { return [] }
        return [""]
            + Terminal.table(
                [["TRIGGER", "FIRES", "ON", "FUNCTION", "ORDER"]]
                    + explanation.triggers.map { trigger in
                        [
                            trigger.name, trigger.timing, trigger.operations.joined(separator: ","), trigger.function,
                            trigger.isEnabled
                                ? (explanation.capture == nil ? "-" : order(trigger.order)) : "disabled",
                        ]
                    }
            )
    }

    private static func order(_ order: TableExplanation.Trigger.Order) -> String {
        switch order {
        case .before: "before the change: what it changes is what is recorded"
        case .ahead: "before the statement is recorded"
        case .after: "after the statement is recorded"
        case .commit: "at the commit"
        }
    }

    static func json(_ explanation: TableExplanation, attach: String) -> [String] {
        var lines: [JSONValue] = []
        let table = ("table", explanation.table.map(JSONValue.string) ?? .null)
        if let capture = explanation.capture {
            lines.append(
                JSONValue.object(
                    [
                        ("kind", .string("capture")), table, ("captured", .bool(true)),
                        ("sender", .string(capture.sender)),
                        ("key", .strings(capture.keyColumns)), ("operations", .strings(capture.operations)),
                        ("excluded", .strings(capture.excludedColumns)), ("bell", .bool(capture.ringsBell)),
                        ("findings", capture.findingCount.map { .count($0) } ?? .null),
                    ] + capture.options.map { ($0.name, .string($0.value)) }
                ))
            lines.append(JSONValue.object([("kind", .string("in-process")), table, ("note", .string(inProcess))]))
        } else {
            lines.append(
                JSONValue.object([
                    ("kind", .string("capture")), table, ("captured", .bool(false)), ("mend", .string(attach)),
                ]))
        }
        lines += explanation.subscriptions.map { subscription in
            let status = subscription.status
            return JSONValue.object([
                ("kind", .string("subscription")), table, ("name", .string(status.name)),
                ("operations", .strings(subscription.operations)), ("revision", .count(status.revision)),
                ("state", .string(status.state)), ("lanes", .count(status.lanes)),
                ("lanes_held", .count(status.heldLanes)), ("workers", .count(status.workers)),
                ("lag_records", .count(status.lagRecords)), ("lag_seconds", .seconds(status.lagSeconds)),
                ("since", .string(subscription.since)), ("declared", .object(subscription.declared)),
                ("policy", subscription.policy.map(json) ?? .null),
                (
                    "processes",
                    .array(
                        subscription.holders.map {
                            JSONValue.object([
                                ("backend", .count($0.backendProcessID)), ("application", .string($0.applicationName)),
                                ("lanes", .array($0.lanes.map { .count($0) })),
                            ])
                        })
                ),
            ])
        }
        lines += explanation.triggers.map { trigger in
            JSONValue.object([
                ("kind", .string("trigger")), table, ("name", .string(trigger.name)),
                ("fires", .string(trigger.timing)),
                ("operations", .strings(trigger.operations)), ("function", .string(trigger.function)),
                ("enabled", .bool(trigger.isEnabled)), ("order", .string(trigger.order.rawValue)),
            ])
        }
        return lines.map(\.description)
    }
}
