@testable import HeliographPostgres

extension Bind {
    /// The value as a test can compare it.
    var shown: String {
        switch content {
        case .null: "NULL \(type)"
        case .binary(let bytes): "\(bytes) \(type)"
        case .text(let text): "'\(text)'"
        case .invalid(let reason): "invalid: \(reason)"
        }
    }
}

extension SQL {
    /// The values of a statement, as a test can compare them.
    var shownBinds: [String] {
        fragments.compactMap { if case .value(let bind) = $0 { bind.shown } else { nil } }
    }
}
