import HeliographSignals
import Testing

@Suite("Sending")
struct SendTests {
    let signal = Signal<[String]>("saved")

    @Test("A send without receivers leaves the payload alone")
    func nobody() async throws {
        var payload = ["kept"]
        try await signal.send(&payload)
        #expect(await signal.sendRobust(&payload, from: "users").isEmpty)
        #expect(payload == ["kept"])
    }

    @Test("What a receiver changes, the next ones and the sender see")
    func changes() async throws {
        signal.connect("first") { $0[0] += " first" }
        signal.connect("second") { $0[0] += " second" }
        var payload = ["start"]
        try await signal.send(&payload)
        #expect(payload == ["start first second"])
    }

    @Test("An async receiver keeps its place")
    func asyncOrder() async throws {
        signal.connect("slow") { payload in
            for _ in 0..<20 { await Task.yield() }
            payload.append("slow")
        }
        signal.connect("fast") { $0.append("fast") }
        var payload: [String] = []
        try await signal.send(&payload)
        #expect(payload == ["slow", "fast"])
    }

    @Test("send stops at the first error and keeps the changes made so far")
    func sendStops() async {
        connectFailingSecond()
        var payload: [String] = []
        await #expect(throws: Refusal(reason: "second")) {
            try await signal.send(&payload)
        }
        #expect(payload == ["first", "second"])
    }

    @Test("sendRobust goes on and says who failed")
    func sendRobustGoesOn() async {
        connectFailingSecond()
        var payload: [String] = []
        let deliveries = await signal.sendRobust(&payload)
        #expect(payload == ["first", "second", "third"])
        #expect(deliveries.map(\.receiver) == ["first", "second", "third"])
        #expect(deliveries.map(\.isSuccess) == [true, false, true])
        #expect(deliveries[1].error as? Refusal == Refusal(reason: "second"))
        #expect(deliveries.map(\.description) == ["first: delivered", "second: failed", "third: delivered"])
    }

    @Test("sendRobust runs everybody in a cancelled task, and reports CancellationError like any error")
    func cancelled() async {
        signal.connect("waiting") { _ in try await Task.sleep(for: .seconds(60)) }
        signal.connect("quick") { $0.append("quick") }
        let signal = signal
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            var payload: [String] = []
            let deliveries = await signal.sendRobust(&payload)
            return (payload, deliveries)
        }
        let (payload, deliveries) = await task.value
        #expect(payload == ["quick"])
        #expect(deliveries.first?.error is CancellationError)
        #expect(deliveries.last?.isSuccess == true)
    }

    @Test("sendRobust follows the sender filter")
    func robustSenderFilter() async {
        signal.connect("users only", from: "users") { $0.append("users only") }
        signal.connect("all") { $0.append("all") }
        var payload: [String] = []
        #expect(await signal.sendRobust(&payload, from: "books").map(\.receiver) == ["all"])
        #expect(await signal.sendRobust(&payload, from: "users").map(\.receiver) == ["users only", "all"])
    }

    @Test("The payload need not be Sendable, and receivers run where the sender runs")
    @MainActor
    func nonSendablePayload() async throws {
        final class Basket {
            var items: [String] = []
        }
        let signal = Signal<Basket>("packed")
        signal.connect("pack") { basket in
            MainActor.assertIsolated()
            await Task.yield()
            basket.items.append("book")
        }
        var basket = Basket()
        try await signal.send(&basket)
        #expect(basket.items == ["book"])
    }

    private func connectFailingSecond() {
        signal.connect("first") { $0.append("first") }
        signal.connect("second") {
            $0.append("second")
            throw Refusal(reason: "second")
        }
        signal.connect("third") { $0.append("third") }
    }
}
