@testable import HeliographPostgres

extension Bind {
    /// The value as a test can compare it.
    var shown: String {
        switch content {
        case .null: "NULL \(type)"
        case .binary(let bytes): "\(bytes) \(type)"
        case .word(let word): "\(word.withBytes { Array($0) }) \(type)"
        case .text(let text): "'\(text)'"
        case .invalid(let reason): "invalid: \(reason)"
        }
    }
}

extension SQL {
    /// The values of a statement, as a test can compare them.
    var shownBinds: [String] {
        var shown: [String] = []
        forEachValue { _, bind in shown.append(bind.shown) }
        return shown
    }
}
