/// What happens to a row.
struct ParityStep: Sendable, Hashable, CustomStringConvertible {
    enum Operation: String, CaseIterable {
        /// The row is not there before.
        case create
        case change
        /// Its key is changed: gone under the old one, created under the new one.
        case move
        case delete
        /// It is updated to what it is.
        case touch
        /// It is there, and stays.
        case nothing
        /// The table is emptied, whatever rows it has.
        case truncate
    }

    let operation: Operation
    let row: Int

    var description: String { "\(operation.rawValue) \(row)" }
}

/// What one run of a path does, each row at most once.
typealias ParityMix = [ParityStep]

extension [ParityStep] {
    static func each(_ operation: ParityStep.Operation, rows: ClosedRange<Int> = 1...3) -> [ParityStep] {
        rows.map { ParityStep(operation: operation, row: $0) }
    }

    /// A different thing to each row.
    static func of(_ operations: ParityStep.Operation...) -> [ParityStep] {
        operations.enumerated().map { ParityStep(operation: $1, row: $0 + 1) }
    }

    func steps(_ operation: ParityStep.Operation) -> [ParityStep] { filter { $0.operation == operation } }
}

extension [ParityMix] {
    /// All that can be done to rows, one operation after the other.
    static let singly: [ParityMix] = [.each(.create), .each(.change), .each(.move), .each(.delete)]
    /// All at once.
    static let together: [ParityMix] = [.of(.create, .change, .move, .delete)]
    static let all = singly + together
}
