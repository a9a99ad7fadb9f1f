/// Receivers' writes cause each other without an end.
struct SignalLoop: Error, CustomStringConvertible {
    let depth: Int

    var description: String {
        "a loop of signals: \(depth) receivers' writes in a row led to this record; a receiver writes what it hears of itself, or two of them each other's"
    }
}
