/// A row of the table of positions: the newest version of a lane holds.
struct Position {
    let version: Int
    let generation: Int
    let place: Place
    /// When it was inserted.
    let at: Int
}
