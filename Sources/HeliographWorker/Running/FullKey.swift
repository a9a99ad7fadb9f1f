/// Too many records of one row are parked.
struct FullKey: Error, CustomStringConvertible {
    let limit: Int

    var description: String {
        "\(limit) records of its row are parked, as many as may be: retry or discard them (heliograph dead-letters list)"
    }
}
