/// How many lanes each of the workers of a subscription should hold.
enum LaneShare {
    /// The upper share: so many that all lanes are held when everybody takes as many.
    static func target(lanes: Int, members: Int) -> Int {
        let members = max(1, members)
        return (lanes + members - 1) / members
    }

    /// What is left for each, even if all others hold the upper share: whoever holds less can expect more at any moment.
    static func minimum(lanes: Int, members: Int) -> Int {
        max(0, lanes - (max(1, members) - 1) * target(lanes: lanes, members: members))
    }
}
