/// The scenario's own book-keeping is wrong.
struct BrokenTruth: Error, CustomStringConvertible {
    let count: Int

    var description: String { "the changes of \(count) rows are not numbered as the table says" }
}
