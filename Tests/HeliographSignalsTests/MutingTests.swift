import HeliographSignals
import Testing

@Suite("Muting for the time of a closure")
struct MutingTests {
    let signal = Signal<[String]>("saved")

    init() {
        signal.connect("one") { $0.append("one") }
        signal.connect("users", from: "users") { $0.append("users") }
    }

    private func sent(from sender: SignalSender? = nil) async -> [String] {
        var payload: [String] = []
        await signal.sendRobust(&payload, from: sender)
        return payload
    }

    @Test("Nobody hears it inside, everybody afterwards, also after an error")
    func all() async {
        await signal.withMuted {
            #expect(await sent(from: "users").isEmpty)
            #expect(!signal.hasReceivers(from: "users") && signal.receivers(from: "users").isEmpty)
            var payload: [String] = []
            #expect(await signal.sendRobust(&payload).isEmpty)
            // Who is there is known all the same.
            #expect(signal.descriptions.count == 2)
        }
        #expect(await sent(from: "users") == ["one", "users"])
        await #expect(throws: Refusal.self) { try await signal.withMuted { throw Refusal() } }
        #expect(await sent() == ["one"])
    }

    @Test("Some receivers, or one sender, alone")
    func some() async {
        await signal.withMuted(["one"]) { #expect(await sent(from: "users") == ["users"]) }
        await signal.withMuted(from: "users") {
            #expect(await sent(from: "users").isEmpty)
            #expect(await sent(from: "books") == ["one"])
        }
        // Scopes in scopes add up.
        await signal.withMuted(["one"]) {
            await signal.withMuted(["users"]) { #expect(await sent(from: "users").isEmpty) }
            #expect(await sent(from: "users") == ["users"])
        }
    }

    @Test("Receivers that are connected inside are muted as well")
    func connectedInside() async {
        await signal.withMuted {
            signal.connect("three") { $0.append("three") }
            #expect(await sent().isEmpty)
        }
        #expect(await sent() == ["one", "three"])
    }

    @Test("Child tasks are muted; other tasks, and other signals, are not")
    func scope() async {
        let other = Signal<[String]>("other")
        other.connect("other") { $0.append("other") }
        await signal.withMuted {
            async let child = sent()
            #expect(await child.isEmpty)
            let detached = Task.detached { await sent() }
            #expect(await detached.value == ["one"])
            var payload: [String] = []
            await other.sendRobust(&payload)
            #expect(payload == ["other"])
        }
    }

    @Test("A send to receivers that do not wait heeds it as well")
    func plain() async throws {
        let plain = Signal<[String]>("plain")
        plain.connect("one") { $0.append("one") }
        plain.connect("two") { $0.append("two") }
        var payload: [String] = []
        try await plain.withMuted { try await plain.send(&payload) }
        #expect(payload.isEmpty)
        try await plain.withMuted(["one"]) { try await plain.send(&payload) }
        #expect(payload == ["two"])
    }

    @Test("A task that outlives its scope is not muted by it, also while somebody else mutes the signal")
    func outliving() async {
        let (mayGoOn, go) = AsyncStream.makeStream(of: Void.self)
        let task = await signal.withMuted {
            Task {
                for await _ in mayGoOn { break }
                return await sent()
            }
        }
        await Task.detached { [signal] in
            await signal.withMuted {
                go.yield()
                #expect(await task.value == ["one"])
            }
        }.value
    }
}
