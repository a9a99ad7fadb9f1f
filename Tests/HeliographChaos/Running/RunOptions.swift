/// What all scenarios of a run have in common.
struct RunOptions: Sendable {
    let isQuick: Bool
    let seed: UInt64
    let isJSON: Bool
    /// A folder for the workers' logs.
    let logs: String?
    /// The names that are wanted; all if empty.
    let only: [String]

    func wants(_ name: String) -> Bool { only.isEmpty || only.contains(name) }
}
