/// How many lanes each of the workers of a subscription should hold.
enum LaneShare {
    /// The upper share: so many that all lanes are held when everybody takes as many.
    static func target(lanes: Int, members: Int) -> Int {
        let members = max(1, members)
        return (lanes + members - 1) / members
    }
}
