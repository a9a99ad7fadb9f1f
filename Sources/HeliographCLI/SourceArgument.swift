import ArgumentParser
import Heliograph

/// A table and what happened to its rows: `users`, `users:created`, `shop.users:updated,deleted`.
struct SourceArgument: ExpressibleByArgument {
    let table: String
    let changes: [SignalChange]

    init?(argument: String) {
        // A quoted name may hold a colon; what stands behind the last one counts only if it names changes.
        guard let colon = argument.lastIndex(of: ":") else {
            self.init(table: argument, changes: [.created, .updated, .deleted])
            return
        }
        let names = argument[argument.index(after: colon)...].split(omittingEmptySubsequences: false) {
            $0 == "," || $0 == "|"
        }
        let changes = names.compactMap { Self.changes[String($0)] }
        guard changes.count == names.count else { return nil }
        self.init(table: String(argument[..<colon]), changes: changes)
    }

    private init?(table: String, changes: [SignalChange]) {
        guard !table.isEmpty else { return nil }
        self.table = table
        self.changes = changes
    }

    private static let changes: [String: SignalChange] = [
        "created": .created, "updated": .updated, "deleted": .deleted, "truncated": .truncated,
    ]
}

/// `now`, `beginning` or `backfill`.
struct SubscriptionStartArgument: ExpressibleByArgument {
    let start: Subscription.Start

    init(start: Subscription.Start) { self.start = start }

    init?(argument: String) {
        guard let start = Subscription.Start(rawValue: argument) else { return nil }
        self.start = start
    }

    var defaultValueDescription: String { start.rawValue }
    static var allValueStrings: [String] { ["now", "beginning", "backfill"] }
}
