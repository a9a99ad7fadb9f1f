/// A worker does not get to work.
struct RestartedTooOften: Error, CustomStringConvertible {
    let name: String

    var description: String { "the worker \(name) ended again and again" }
}
