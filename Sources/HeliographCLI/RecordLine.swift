import Heliograph
import HeliographProgram

/// A record for people: one line.
enum RecordLine {
    static func text(of record: Record) -> String {
        let colour =
            switch record.operation {
            case .insert: 32
            case .update: 33
            case .delete, .truncate: 31
            }
        var parts = [
            Terminal.colour("#\(record.id)", 2),
            Terminal.colour(String(record.at.dropFirst(11).dropLast(1)), 2),
            Terminal.colour(record.signal, colour),
            Terminal.colour(record.sender, 1),
            record.operation.rawValue,
        ]
        if let key = record.key { parts.append("key \(key)") }
        if let previousKey = record.previousKey { parts.append("was \(previousKey)") }
        if record.operation == .update, let changed = record.changed {
            parts.append("changed " + (changed.isEmpty ? "nothing" : changed.joined(separator: ",")))
            if let previous = record.previous, !changed.isEmpty { parts.append("from \(previous)") }
        }
        if let instance = record.instance { parts.append(instance) }
        return parts.joined(separator: " ").split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
