import HeliographSignals
import Testing

@Suite("Changing the receivers during a send")
struct ReentrancyTests {
    let signal = Signal<[String]>("saved")

    @Test("A receiver that disconnects itself costs nobody a turn")
    func selfDisconnect() async throws {
        let signal = signal
        signal.connect("once") {
            $0.append("once")
            signal.disconnect("once")
        }
        signal.connect("always") { $0.append("always") }
        #expect(try await sent() == ["once", "always"])
        #expect(try await sent() == ["always"])
    }

    @Test("One disconnected before its turn still gets that turn, and no other")
    func disconnectLater() async throws {
        let signal = signal
        signal.connect("first") {
            $0.append("first")
            signal.disconnect("second")
        }
        signal.connect("second") { $0.append("second") }
        #expect(try await sent() == ["first", "second"])
        #expect(try await sent() == ["first"])
    }

    @Test("One connected during a send is first heard at the next")
    func connectDuring() async throws {
        let signal = signal
        signal.connect("first") {
            $0.append("first")
            signal.connect("second") { $0.append("second") }
        }
        #expect(try await sent() == ["first"])
        #expect(try await sent() == ["first", "second"])
    }

    @Test("A receiver disconnected by itself is released when the send ends")
    func releasedAfterSend() async throws {
        final class Canary: Sendable {}
        weak var canary: Canary?
        do {
            let signal = signal
            let captured = Canary()
            canary = captured
            signal.connect("once") {
                signal.disconnect("once")
                $0.append(withExtendedLifetime(captured) { "once" })
            }
        }
        #expect(try await sent() == ["once"])
        #expect(canary == nil)
    }

    @Test("A receiver may send the same signal")
    func nestedSend() async throws {
        let signal = signal
        signal.connect("echo") { payload in
            guard payload.count < 3 else { return }
            payload.append("echo")
            try await signal.send(&payload)
        }
        #expect(try await sent() == ["echo", "echo", "echo"])
    }

    @Test("Connecting, disconnecting and sending from many tasks at once")
    func concurrent() async throws {
        let signal = signal
        signal.connect("steady") { $0.append("steady") }
        try await withThrowingTaskGroup { group in
            for worker in 0..<8 {
                group.addTask {
                    let id = ReceiverID("worker \(worker)")
                    for round in 0..<500 {
                        #expect(signal.connect(id) { $0.append(id.name) })
                        var payload: [String] = []
                        try await signal.send(&payload)
                        #expect(payload.first == "steady", "round \(round)")
                        #expect(payload.count { $0 == id.name } == 1)
                        #expect(Set(payload).count == payload.count)
                        #expect(signal.disconnect(id))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(signal.receivers() == ["steady"])
    }

    private func sent() async throws -> [String] {
        var payload: [String] = []
        try await signal.send(&payload)
        return payload
    }
}
