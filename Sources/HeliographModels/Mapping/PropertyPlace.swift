/// Where the values of a row are: steps from one column of a mapping to the next.
@usableFromInline
struct PropertyPlace {
    /// The next column of the mapping, from 0.
    @usableFromInline var index = 0
    /// The mapping's columns in the row; `nil` if they are as in the mapping.
    @usableFromInline let places: [Int]?

    @usableFromInline
    init(places: [Int]?) { self.places = places }

    /// The place of the next column in the row.
    @inlinable
    mutating func next() -> Int {
        defer { index += 1 }
        if let places { return places[index] }
        return index
    }
}
