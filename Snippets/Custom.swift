import Heliograph
import HeliographSignals

/// An event of an application's own.
struct Order {
    var total: Int
    var isGift = false
}

/// Somewhere where senders and receivers find it: no registry, nothing global.
struct ShopSignals: Sendable {
    let ordered = Signal<Order>("shop.ordered")
    let returned = Signal<Order>("shop.returned")
}

func connect(_ signals: ShopSignals) {
    // Before the others, and only for one sender.
    signals.ordered.connect("discount", from: "web", order: -10) { order in order.total -= order.total / 10 }
    // One receiver for several signals.
    [signals.ordered, signals.returned].connect("audit") { order in print("total \(order.total)") }
    // A value for the sender's report.
    signals.ordered.connect(answering: "stock") { order async throws -> Int in order.isGift ? 2 : 1 }
}

func order(_ signals: ShopSignals) async throws {
    var order = Order(total: 50)
    // Stops at the first error.
    try await signals.ordered.send(&order, from: "web")
    // Runs all of them, and says what each returned or threw.
    for delivery in await signals.ordered.sendRobust(&order, from: "shop") {
        print(delivery.receiver, delivery.value ?? "nothing", delivery.error ?? "no error")
    }
    // Fixtures and imports: what this task sends, nobody hears.
    try await signals.ordered.withMuted { try await signals.ordered.send(&order) }
    // Who listens, to whom, in which order?
    print(signals.ordered.descriptions)
}
