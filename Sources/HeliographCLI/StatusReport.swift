import Foundation
import Heliograph
import HeliographProgram

/// The status as lines, for people and for programs.
enum StatusReport {
    static func text(_ status: LogStatus, _ hearing: Bell.Hearing, schema: SchemaName) -> [String] {
        var lines = ["schema \(schema), version \(status.schemaVersion)", ""]
        lines += Terminal.table(
            [["TABLE", "KEY", "OPERATIONS", "EXCLUDED", "BELL"]]
                + status.tables.map { table in
                    [
                        table.sender, table.keyColumns.joined(separator: ","), table.operations.joined(separator: ","),
                        table.excludedColumns.isEmpty ? "-" : table.excludedColumns.joined(separator: ","),
                        table.ringsBell ? "yes" : "no",
                    ]
                }
        )
        lines += status.tables.isEmpty ? ["(none: run `heliograph attach TABLE`)", ""] : [""]
        lines += subscriptionsText(status) + [""]
        if !status.holders.isEmpty {
            lines += Terminal.table(
                [["WORKER", "APPLICATION", "SUBSCRIPTION", "LANES"]]
                    + status.holders.map { holder in
                        [
                            "\(holder.backendProcessID)", holder.applicationName, holder.subscription,
                            "\(holder.lanes.count)",
                        ]
                    }
            )
            lines.append("")
        }
        lines.append(
            "wake mode  \(status.wakeMode): \(status.wakeReason); notification queue \(percent(status.notificationQueueUsage)) full"
        )
        lines.append("heard here \(hearing.rawValue): \(hearing.explanation)")
        lines.append("log        \(bytes(status.logBytes)), newest record #\(status.newestID)")
        lines.append(
            "oldest open transaction  "
                + (status.oldestTransactionSeconds.map { "\(JSONValue.rounded($0)) s" } ?? "none")
        )
        return lines
    }

    static func json(_ status: LogStatus, _ hearing: Bell.Hearing) -> [String] {
        var lines: [JSONValue] = status.tables.map { table in
            JSONValue.object([
                ("kind", .string("table")), ("sender", .string(table.sender)), ("key", .strings(table.keyColumns)),
                ("operations", .strings(table.operations)), ("excluded", .strings(table.excludedColumns)),
                ("bell", .bool(table.ringsBell)),
            ])
        }
        lines += status.subscriptions.map(json)
        lines += status.holders.map { holder in
            JSONValue.object([
                ("kind", .string("worker")), ("subscription", .string(holder.subscription)),
                ("backend", .count(holder.backendProcessID)), ("application", .string(holder.applicationName)),
                ("lanes", .array(holder.lanes.map { .count($0) })),
            ])
        }
        lines.append(
            JSONValue.object([
                ("kind", .string("log")), ("schema_version", .count(status.schemaVersion)),
                ("wake_mode", .string(status.wakeMode.rawValue)), ("wake_reason", .string(status.wakeReason)),
                ("heard_here", .string(hearing.rawValue)), ("heard_reason", .string(hearing.explanation)),
                ("pump", status.pump.map { .count($0.backendProcessID) } ?? .null),
                ("notification_queue_usage", .number("\(status.notificationQueueUsage)")),
                ("bytes", .count(status.logBytes)), ("newest_id", .count(status.newestID)),
                (
                    "oldest_transaction_seconds",
                    status.oldestTransactionSeconds.map { .seconds($0) } ?? .null
                ),
            ])
        )
        return lines.map(\.description)
    }

    static func subscriptionsJSON(_ status: LogStatus) -> [String] { status.subscriptions.map { json($0).description } }

    static func subscriptionsText(_ status: LogStatus) -> [String] {
        let lines = Terminal.table(
            [["SUBSCRIPTION", "REVISION", "STATE", "LANES", "HELD", "WORKERS", "LAG", "SECONDS", "PARKED", "DEAD"]]
                + status.subscriptions.map { subscription in
                    [
                        subscription.name, "\(subscription.revision)", state(subscription), "\(subscription.lanes)",
                        "\(subscription.heldLanes)", "\(subscription.workers)", "\(subscription.lagRecords)",
                        JSONValue.rounded(subscription.lagSeconds), "\(subscription.parkedRecords)",
                        "\(subscription.deadLetters)",
                    ]
                }
        )
        return status.subscriptions.isEmpty ? lines + ["(none: they register when a worker starts)"] : lines
    }

    private static func state(_ subscription: LogStatus.Subscription) -> String {
        subscription.isWaitingOutOutage && subscription.state == "active" ? "outage" : subscription.state
    }

    private static func json(_ subscription: LogStatus.Subscription) -> JSONValue {
        .object([
            ("kind", .string("subscription")), ("name", .string(subscription.name)),
            ("revision", .count(subscription.revision)), ("state", .string(state(subscription))),
            ("lanes", .count(subscription.lanes)), ("lanes_held", .count(subscription.heldLanes)),
            ("workers", .count(subscription.workers)), ("lag_records", .count(subscription.lagRecords)),
            ("lag_seconds", .seconds(subscription.lagSeconds)), ("parked", .count(subscription.parkedRecords)),
            ("dead", .count(subscription.deadLetters)),
        ])
    }

    private static func percent(_ share: Double) -> String { String(format: "%.0f %%", share * 100) }

    static func bytes(_ count: Int64) -> String {
        if count < 1 << 20 { return "\(count / 1024) kB" }
        return String(format: "%.1f MB", Double(count) / Double(1 << 20))
    }
}
