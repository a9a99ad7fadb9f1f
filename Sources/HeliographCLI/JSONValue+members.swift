import Foundation
import Heliograph

extension JSONValue {
    /// An object with its members in this order.
    static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.map { Member(name: $0.0, value: $0.1) })
    }

    static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
    static func count(_ value: some BinaryInteger) -> JSONValue { .number("\(value)") }
    static func seconds(_ value: Double) -> JSONValue { .number(rounded(value)) }

    /// Seconds to the millisecond.
    static func rounded(_ seconds: Double) -> String { String(format: "%.3f", seconds) }
}
