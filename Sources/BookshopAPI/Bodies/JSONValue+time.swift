import Foundation
import Heliograph
import HeliographPostgres

extension JSONValue {
    /// A moment in ISO 8601, UTC, with microseconds, as the records of the signal log have it; or null.
    static func time(_ date: Date?) -> JSONValue { date.map { .string($0.postgresText) } ?? .null }
}
