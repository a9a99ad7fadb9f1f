import Foundation
import Heliograph
import HeliographProgram

/// The status as lines, for people and for programs.
enum StatusReport {
    static func text(_ status: LogStatus, schema: SchemaName) -> [String] {
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
        lines += Terminal.table(
            [["SUBSCRIPTION", "REVISION", "STATE", "LANES", "HELD", "WORKERS", "LAG", "SECONDS"]]
                + status.subscriptions.map { subscription in
                    [
                        subscription.name, "\(subscription.revision)", subscription.state, "\(subscription.lanes)",
                        "\(subscription.heldLanes)", "\(subscription.workers)", "\(subscription.lagRecords)",
                        rounded(subscription.lagSeconds),
                    ]
                }
        )
        lines += status.subscriptions.isEmpty ? ["(none: they register when a worker starts)", ""] : [""]
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
        lines.append("log        \(bytes(status.logBytes)), newest record #\(status.newestID)")
        lines.append(
            "oldest open transaction  " + (status.oldestTransactionSeconds.map { "\(rounded($0)) s" } ?? "none")
        )
        return lines
    }

    static func json(_ status: LogStatus) -> [String] {
        var lines: [JSONValue] = status.tables.map { table in
            object([
                ("kind", .string("table")), ("sender", .string(table.sender)), ("key", strings(table.keyColumns)),
                ("operations", strings(table.operations)), ("excluded", strings(table.excludedColumns)),
                ("bell", .bool(table.ringsBell)),
            ])
        }
        lines += status.subscriptions.map { subscription in
            object([
                ("kind", .string("subscription")), ("name", .string(subscription.name)),
                ("revision", number(subscription.revision)), ("state", .string(subscription.state)),
                ("lanes", number(subscription.lanes)), ("lanes_held", number(subscription.heldLanes)),
                ("workers", number(subscription.workers)), ("lag_records", number(subscription.lagRecords)),
                ("lag_seconds", .number(rounded(subscription.lagSeconds))),
            ])
        }
        lines += status.holders.map { holder in
            object([
                ("kind", .string("worker")), ("subscription", .string(holder.subscription)),
                ("backend", number(holder.backendProcessID)), ("application", .string(holder.applicationName)),
                ("lanes", .array(holder.lanes.map(number))),
            ])
        }
        lines.append(
            object([
                ("kind", .string("log")), ("schema_version", number(status.schemaVersion)),
                ("wake_mode", .string(status.wakeMode.rawValue)), ("wake_reason", .string(status.wakeReason)),
                ("pump", status.pump.map { number($0.backendProcessID) } ?? .null),
                ("notification_queue_usage", .number("\(status.notificationQueueUsage)")),
                ("bytes", number(status.logBytes)), ("newest_id", number(status.newestID)),
                (
                    "oldest_transaction_seconds",
                    status.oldestTransactionSeconds.map { .number(rounded($0)) } ?? .null
                ),
            ])
        )
        return lines.map(\.description)
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.map { JSONValue.Member(name: $0.0, value: $0.1) })
    }

    private static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
    private static func number(_ value: some BinaryInteger) -> JSONValue { .number("\(value)") }
    private static func rounded(_ seconds: Double) -> String { String(format: "%.3f", seconds) }
    private static func percent(_ share: Double) -> String { String(format: "%.0f %%", share * 100) }

    static func bytes(_ count: Int64) -> String {
        if count < 1 << 20 { return "\(count / 1024) kB" }
        return String(format: "%.1f MB", Double(count) / Double(1 << 20))
    }
}
