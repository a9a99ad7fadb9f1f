/// What a receiver throws here.
struct Mishap: Error, CustomStringConvertible {
    let cause: String

    var description: String { "a mishap \(cause)" }
}
