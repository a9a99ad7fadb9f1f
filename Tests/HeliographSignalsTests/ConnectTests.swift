import HeliographSignals
import Testing

@Suite("Connecting and disconnecting")
struct ConnectTests {
    let signal = Signal<[String]>("saved")

    @Test("Receivers run in connect order")
    func order() async throws {
        for name in ["one", "two", "three"] {
            signal.connect(ReceiverID(name)) { $0.append(name) }
        }
        #expect(try await sent() == ["one", "two", "three"])
        #expect(signal.receivers() == ["one", "two", "three"])
    }

    @Test("A second connect with the same identifier is a no-op")
    func duplicate() async throws {
        #expect(signal.connect("one") { $0.append("first") })
        #expect(signal.connect("two") { $0.append("two") })
        #expect(!signal.connect("one") { $0.append("second") })
        #expect(try await sent() == ["first", "two"])
    }

    @Test("The same identifier may be connected for several senders")
    func sameIdentifierSeveralSenders() async throws {
        #expect(signal.connect("log", from: "users") { $0.append("users") })
        #expect(signal.connect("log", from: "books") { $0.append("books") })
        #expect(!signal.connect("log", from: "users") { $0.append("again") })
        #expect(signal.connect("log") { $0.append("any") })
        #expect(try await sent(from: "users") == ["users", "any"])
        #expect(try await sent(from: "books") == ["books", "any"])
    }

    @Test("A receiver with a sender hears that sender only, one without hears all")
    func senderFilter() async throws {
        signal.connect("users only", from: "users") { $0.append("users only") }
        signal.connect("all") { $0.append("all") }
        #expect(try await sent(from: "users") == ["users only", "all"])
        #expect(try await sent(from: "books") == ["all"])
        #expect(try await sent(from: nil) == ["all"])
    }

    @Test("hasReceivers follows the sender filter")
    func hasReceivers() {
        #expect(!signal.hasReceivers())
        #expect(!signal.hasReceivers(from: "users"))
        signal.connect("one", from: "users") { _ in }
        #expect(!signal.hasReceivers())
        #expect(signal.hasReceivers(from: "users"))
        #expect(!signal.hasReceivers(from: "books"))
        signal.connect("two") { _ in }
        #expect(signal.hasReceivers())
        #expect(signal.hasReceivers(from: "books"))
        #expect(signal.receivers(from: "books") == ["two"])
        #expect(signal.receivers(from: "users") == ["one", "two"])
        signal.disconnect("one", from: "users")
        signal.disconnect("two")
        #expect(!signal.hasReceivers(from: "users"))
    }

    @Test("Disconnect takes exactly the connection that was made")
    func disconnect() async throws {
        signal.connect("one", from: "users") { $0.append("one") }
        #expect(!signal.disconnect("one"))
        #expect(!signal.disconnect("one", from: "books"))
        #expect(!signal.disconnect("two", from: "users"))
        #expect(try await sent(from: "users") == ["one"])
        #expect(signal.disconnect("one", from: "users"))
        #expect(!signal.disconnect("one", from: "users"))
        #expect(try await sent(from: "users").isEmpty)
    }

    @Test("One connected again goes to the end")
    func reconnect() async throws {
        signal.connect("one") { $0.append("one") }
        signal.connect("two") { $0.append("two") }
        signal.disconnect("one")
        signal.connect("one") { $0.append("one again") }
        #expect(try await sent() == ["two", "one again"])
    }

    @Test("A disconnected receiver is released")
    func release() async throws {
        final class Canary: Sendable {}
        weak var canary: Canary?
        do {
            let captured = Canary()
            canary = captured
            signal.connect("holder") { _ in _ = captured }
        }
        _ = try await sent()
        #expect(canary != nil, "the signal holds its receivers strongly")
        signal.disconnect("holder")
        #expect(canary == nil)
    }

    @Test("A deinit that uses the signal does not deadlock a disconnect")
    func deinitUsesSignal() {
        final class Owner: Sendable {
            let signal: Signal<[String]>
            init(_ signal: Signal<[String]>) { self.signal = signal }
            deinit { signal.disconnect("sibling") }
        }
        signal.connect("sibling") { _ in }
        do {
            let owner = Owner(signal)
            signal.connect("owner") { _ in _ = owner }
        }
        signal.disconnect("owner")
        #expect(signal.receivers().isEmpty)
    }

    @Test("A scoped connection ends with its scope, also by an error")
    func scoped() async throws {
        let heard = try await signal.withConnected("probe", from: "users") {
            $0.append("probe")
        } perform: {
            try await sent(from: "users")
        }
        #expect(heard == ["probe"])
        #expect(!signal.hasReceivers(from: "users"))

        await #expect(throws: Refusal.self) {
            try await signal.withConnected("probe") { _ in
            } perform: {
                throw Refusal()
            }
        }
        #expect(!signal.hasReceivers())
    }

    @Test("A scoped connection leaves one that was there before")
    func scopedDuplicate() async throws {
        signal.connect("probe") { $0.append("before") }
        let heard = try await signal.withConnected("probe") {
            $0.append("scoped")
        } perform: {
            try await sent()
        }
        #expect(heard == ["before"])
        #expect(signal.receivers() == ["probe"])
    }

    private func sent(from sender: SignalSender? = nil) async throws -> [String] {
        var payload: [String] = []
        try await signal.send(&payload, from: sender)
        return payload
    }

    @Test("Which senders are asked for is known, until somebody hears all of them")
    func senders() {
        let signal = Signal<Int>("s")
        #expect(signal.senders == [])
        signal.connect("a", from: "users") { _ in }
        signal.connect("b", from: "books") { _ in }
        signal.connect("c", from: "users") { _ in }
        #expect(signal.senders == ["users", "books"])
        signal.connect("d") { _ in }
        #expect(signal.senders == nil)
        signal.disconnect("d")
        signal.disconnect("b", from: "books")
        #expect(signal.senders == ["users"])
    }
}
