import HeliographLog
import HeliographPostgres

/// What the log of a memory knows of rows: what they are, and in which order they came about.
struct MemoryTables {
    struct Row {
        /// Its place among all rows there ever were.
        let number: Int
        /// `nil` while it does not exist.
        var content: JSONValue?
    }

    private(set) var rows: [String: [String: Row]] = [:]
    private var count = 0

    /// The rows there are of these tables, in the order in which they came about first.
    func living(in senders: Set<String>) -> [(sender: String, key: String, number: Int, content: JSONValue)] {
        rows.filter { senders.contains($0.key) }.flatMap { sender, rows in
            rows.compactMap { key, row in row.content.map { (sender, key, row.number, $0) } }
        }.sorted { $0.number < $1.number }
    }

    func number(of key: String?, in sender: String) -> Int? { key.flatMap { rows[sender]?[$0]?.number } }

    /// Carries a change out.
    /// - Returns: the record's row, and of an update the old values of what has changed.
    /// - Throws: ``MemoryLogError`` when the row is there already, or is not there.
    mutating func apply(_ change: MemoryChange) throws -> (instance: JSONValue?, previous: [JSONValue.Member]?) {
        guard let key = change.key?.description else {
            for key in rows[change.sender, default: [:]].keys { rows[change.sender]?[key]?.content = nil }
            return (nil, nil)
        }
        let old = rows[change.sender]?[key]?.content
        guard (change.operation == .insert) == (old == nil) else {
            let state = old == nil ? "is no row" : "is a row already"
            throw MemoryLogError(description: "\(change.operation.rawValue) in \(change.sender): there \(state) \(key)")
        }
        var row = rows[change.sender]?[key]
        if row == nil {
            count += 1
            row = Row(number: count, content: nil)
        }
        row?.content = change.operation == .delete ? nil : change.row
        rows[change.sender, default: [:]][key] = row
        switch change.operation {
        case .insert, .truncate: return (change.row, nil)
        case .delete: return (old, nil)
        case .update: return (change.row, Self.differences(old, change.row))
        }
    }

    private static func differences(_ old: JSONValue?, _ new: JSONValue?) -> [JSONValue.Member] {
        guard case .object(let members)? = old else { return [] }
        return members.filter { new?[$0.name] != $0.value }
    }
}

/// What cannot be written into a log in memory.
package struct MemoryLogError: Error, CustomStringConvertible {
    package let description: String
}
