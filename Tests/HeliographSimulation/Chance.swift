/// Decisions of a run. The system's random numbers are the seed's, see `simulation_begin`.
enum Chance {
    static func one(in count: Int) -> Bool { Int.random(in: 0..<count) == 0 }

    static func time(upTo most: Duration) -> Duration { .microseconds(Int64.random(in: 0...most.microseconds)) }
}

extension Duration {
    fileprivate var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
