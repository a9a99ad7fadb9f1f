import Foundation
import HeliographPostgres

/// When a record was written: put into words only for who asks, since most do not.
enum RecordTime: Sendable {
    case moment(Date)
    case text(String)

    /// `nil` where the text is none that PostgreSQL writes.
    var date: Date? {
        switch self {
        case .moment(let date): date
        case .text(let text): try? Date(json: .string(text))
        }
    }

    /// UTC, in ISO 8601 with microseconds.
    var text: String {
        switch self {
        case .moment(let date): date.postgresText
        case .text(let text): text
        }
    }
}
