import HeliographLog

/// A part of the log that is read while the one before it is worked on. Only for lanes that come to stand where it begins.
struct ReadAhead {
    let lanes: [Int]
    let place: LanePlace
    let task: Task<Window, any Error>
}
