import HeliographLog

/// The tables that a subscription is backfilled from, one after the other.
struct BackfillPlan {
    /// In their order.
    let senders: [String]

    /// Those of whose new rows it hears.
    init(_ sources: [RecordFilter.Source]) {
        senders = sources.filter { $0.operations.contains(.insert) }.map(\.sender).sorted()
    }

    /// The table to read from, and where from; `nil` when all is done.
    func next(at frontier: Frontier) -> Frontier? {
        guard let sender = frontier.sender else { return senders.first.map(Frontier.before) }
        // One that a newer declaration does not name any more is passed over.
        return senders.contains(sender) ? frontier : after(sender)
    }

    /// Where it goes on after a table.
    func after(_ sender: String) -> Frontier? { senders.first { $0 > sender }.map(Frontier.before) }

    /// Those of which no row has been told.
    func untold(at frontier: Frontier) -> [String] {
        guard let sender = next(at: frontier)?.sender else { return [] }
        return senders.filter { $0 >= sender }
    }
}
