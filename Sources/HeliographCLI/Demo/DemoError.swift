/// Why a demonstration could not go on.
struct DemoError: Error, CustomStringConvertible {
    /// What happened, in one line.
    let description: String

    init(_ description: String) { self.description = description }
}
