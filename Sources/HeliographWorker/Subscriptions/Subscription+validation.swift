import HeliographLog

extension Subscription {
    /// - Throws: ``WorkerError`` when the declaration cannot be meant.
    func validate() throws(WorkerError) {
        guard !name.isEmpty, name.utf8.count <= 100 else {
            throw WorkerError(.badDeclaration, "a subscription's name needs 1 to 100 bytes: \"\(name)\"")
        }
        guard (1...1024).contains(laneCount) else {
            throw WorkerError(.badDeclaration, "subscription \(name): \(laneCount) lanes, 1 to 1024 are possible")
        }
        guard revision >= 1 else {
            throw WorkerError(.badDeclaration, "subscription \(name): revision \(revision), they are counted from 1")
        }
        guard retry.maximumAttempts >= 1, retry.maximumParkedPerKey >= 1 else {
            throw WorkerError(
                .badDeclaration, "subscription \(name): at least one try, and one parked record of a row, are needed")
        }
        if let defect { throw WorkerError(.badDeclaration, "subscription \(name): \(defect)") }
        guard concurrency >= 1 else {
            throw WorkerError(
                .badDeclaration, "subscription \(name): a concurrency of \(concurrency), at least 1 is needed")
        }
        guard start != .backfill || sources.contains(where: { $0.operations.contains(.insert) }) else {
            throw WorkerError(
                .badDeclaration,
                "subscription \(name) begins with the rows there are, but hears of none that is created: add .created, or start elsewhere"
            )
        }
        guard !sources.isEmpty, sources.allSatisfy({ !$0.operations.isEmpty }) else {
            throw WorkerError(.badDeclaration, "subscription \(name) names no sender, or no operation of one")
        }
    }
}
