/// The arguments of `heliograph.advance`.
struct Advance {
    struct Entry {
        let lane: Int
        /// `nil` for whatever is newest: for who changes nothing that depends on it.
        let expected: Int?
        /// `nil` to stay where the lane is.
        let place: Place?
    }

    /// In the order of lanes: two workers that both believe they hold them would deadlock in another.
    let entries: [Entry]
    let generation: Int
    /// Of a rewind: the snapshot that no lane stays ahead of.
    var rewind: Int?
}
