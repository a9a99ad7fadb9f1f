import HeliographSignals
import Testing

@Suite("Order, values, several signals, listings")
struct OrderTests {
    let signal = Signal<[String]>("saved")

    private func sent(from sender: SignalSender? = nil) async throws -> [String] {
        var payload: [String] = []
        try await signal.send(&payload, from: sender)
        return payload
    }

    @Test("Smaller orders run first; those of one order as they were connected, also async ones")
    func order() async throws {
        signal.connect("late", order: 10) { $0.append("late") }
        signal.connect("one") { $0.append("one") }
        signal.connect("early", order: -1) { payload in
            await Task.yield()
            payload.append("early")
        }
        signal.connect("two") { payload in
            await Task.yield()
            payload.append("two")
        }
        signal.connect("late too", order: 10) { $0.append("late too") }
        #expect(try await sent() == ["early", "one", "two", "late", "late too"])
        #expect(signal.receivers() == ["early", "one", "two", "late", "late too"])
    }

    @Test("The listing says who, from whom, in which order, and who may wait")
    func listing() {
        signal.connect("one", from: "users") { _ in }
        signal.connect("two", order: -3) { _ in await Task.yield() }
        let all = signal.descriptions
        #expect(all.map(\.id) == ["two", "one"] && all.map(\.sender) == [nil, "users"])
        #expect(all.map(\.order) == [-3, 0] && all.map(\.isAsync) == [true, false])
        #expect(all.map(\.description) == ["two (order -3)", "one from users"])
    }

    @Test("A robust send reports each receiver's value or error")
    func values() async throws {
        signal.connect(answering: "count") { $0.count }
        signal.connect("nothing") { $0.append("x") }
        signal.connect(answering: "refuses") { _ -> Int in throw Refusal() }
        signal.connect(answering: "name") { payload async in
            await Task.yield()
            return payload.joined()
        }
        var payload = ["a", "b"]
        let report = await signal.sendRobust(&payload)
        #expect(report.map(\.receiver) == ["count", "nothing", "refuses", "name"])
        #expect(report[0].value as? Int == 2 && report[1].value == nil && report[2].value == nil)
        #expect(report[3].value as? String == "abx")
        #expect(report.map(\.isSuccess) == [true, true, false, true] && report[2].error is Refusal)
        // An ordinary send runs them as well, and stops where one throws.
        await #expect(throws: Refusal.self) { try await signal.send(&payload) }
    }

    @Test("One receiver for several signals")
    func several() async throws {
        let other = Signal<[String]>("renamed")
        other.connect("index") { $0.append("own") }
        let connected = [signal, other].connect("index") { $0.append("shared") }
        #expect(connected == 1)
        #expect(try await sent() == ["shared"])
        var payload: [String] = []
        try await other.send(&payload)
        #expect(payload == ["own"])
        let disconnected = [signal, other].disconnect("index")
        #expect(disconnected == 2 && !signal.hasReceivers() && !other.hasReceivers())
    }

    @Test("An event with nothing to say")
    func void() async throws {
        let happened = Signal<Void>("happened")
        let heard = Signal<Int>("heard")
        heard.connect("add") { $0 += 1 }
        happened.connect("tell", from: "here") { _ in
            var count = 1
            try await heard.send(&count)
            guard count == 2 else { throw Refusal() }
            throw CancellationError()
        }
        try await happened.send()
        await #expect(throws: CancellationError.self) { try await happened.send(from: "here") }
    }
}
