import NIOCore
import Testing

@testable import HeliographOutbound

@Suite("Which address a webhook connects to", .timeLimit(.minutes(1)))
struct WebhookAddressTests {
    private let batch = OutboundBatch(id: "batch-1", lines: [#"{"id":1}"#])

    private func webhook(
        _ host: String, _ resolver: any HostResolver, allowPrivate: Bool = false, policy: AddressPolicy? = nil,
        timeout: Duration = .seconds(30), connectTimeout: Duration = .seconds(10)
    ) throws -> Webhook {
        try Webhook(
            "http://\(host)/",
            configuration: .init(
                unsigned: true, connectTimeout: connectTimeout, timeout: timeout, allowInsecure: true,
                allowPrivate: allowPrivate),
            resolver: resolver, policy: policy)
    }

    @Test("Addresses of this machine are refused, whatever name or form they come by, and nothing is connected")
    func refused() async throws {
        try await TestServer.run { server in
            let mapped = try SocketAddress(ipAddress: "::ffff:127.0.0.1", port: server.port)
            for addresses in [server.addresses, [mapped], [mapped] + server.addresses] {
                let failure = try await failure {
                    try await webhook("innocent.test:\(server.port)", TestResolver(addresses)).deliver(batch)
                }
                #expect(failure.isPermanent)
                #expect(failure.reason.contains("innocent.test is "))
                #expect(failure.reason.contains("a loopback address"))
            }
            for host in ["localhost", "127.1", "2130706433", "0x7f.1"] {
                let failure = try await failure {
                    try await webhook("\(host):\(server.port)", SystemResolver()).deliver(batch)
                }
                #expect(failure.isPermanent)
            }
            // The first connection is that of the one delivery that is allowed.
            try await webhook("innocent.test:\(server.port)", TestResolver(server.addresses), allowPrivate: true)
                .deliver(batch)
            #expect(server.connections == 1)
            #expect(server.requests.first?.header("host") == "innocent.test:\(server.port)")
        }
    }

    @Test("A name that changes its address after the check gains nothing: the checked address is connected to")
    func rebinding() async throws {
        try await TestServer.run { trap in
            try await TestServer.run { server in
                let trapPort = trap.port
                let policy = AddressPolicy { $0.port == trapPort ? "a trap" : nil }
                let resolver = TestResolver(server.addresses, trap.addresses)
                let webhook = try webhook("rebinding.test", resolver, policy: policy)
                try await webhook.deliver(batch)
                #expect(resolver.hosts == ["rebinding.test"])
                #expect(server.requests.count == 1)
                // The next delivery asks again, and checks again.
                let failure = try await failure { try await webhook.deliver(batch) }
                #expect(failure.isPermanent)
                #expect(failure.reason.contains("a trap"))
                #expect(resolver.hosts.count == 2)
            }
            // The first connection there is that of the one delivery that is allowed.
            try await webhook("trap.test", TestResolver(trap.addresses), allowPrivate: true).deliver(batch)
            #expect(trap.connections == 1)
        }
    }

    @Test("Of several addresses the refused ones are left out")
    func mixed() async throws {
        try await TestServer.run { trap in
            try await TestServer.run { server in
                let trapPort = trap.port
                let policy = AddressPolicy { $0.port == trapPort ? "a trap" : nil }
                try await webhook("mixed.test", TestResolver(trap.addresses + server.addresses), policy: policy)
                    .deliver(batch)
                #expect(server.requests.count == 1)
            }
            try await webhook("trap.test", TestResolver(trap.addresses), allowPrivate: true).deliver(batch)
            #expect(trap.connections == 1)
        }
    }

    @Test("The next address is tried if one cannot be connected to")
    func next() async throws {
        let deaf = try DeafPort()
        try await TestServer.run { server in
            let resolver = TestResolver([deaf.address] + server.addresses)
            try await webhook("two.test", resolver, allowPrivate: true).deliver(batch)
            #expect(server.requests.count == 1)
        }
    }

    @Test("Nobody listens")
    func deaf() async throws {
        let deaf = try DeafPort()
        let failure = try await failure {
            try await webhook("deaf.test", TestResolver([deaf.address]), allowPrivate: true).deliver(batch)
        }
        #expect(failure.reason == "cannot connect to deaf.test (127.0.0.1): Connection refused")
        #expect(!failure.isPermanent)
    }

    @Test("An address that does not answer takes the time for connecting, and then the next one is tried")
    func ignored() async throws {
        let lost = try DeafPort(.ignores)
        let failure = try await failure {
            try await webhook(
                "lost.test", TestResolver([lost.address]), allowPrivate: true, connectTimeout: .milliseconds(200)
            ).deliver(batch)
        }
        #expect(failure.reason == "cannot connect to lost.test (127.0.0.1): no connection in time")
        #expect(!failure.isPermanent)
        try await TestServer.run { server in
            let resolver = TestResolver([lost.address] + server.addresses)
            try await webhook("two.test", resolver, allowPrivate: true, connectTimeout: .milliseconds(200))
                .deliver(batch)
            #expect(server.requests.count == 1)
        }
    }

    @Test("The time for all of it ends the search for an address that answers")
    func exhausted() async throws {
        let lost = try DeafPort(.ignores)
        try await TestServer.run { server in
            let resolver = TestResolver([lost.address, lost.address] + server.addresses)
            let failure = try await failure {
                try await webhook("three.test", resolver, allowPrivate: true, timeout: .milliseconds(300))
                    .deliver(batch)
            }
            #expect(failure.reason == "cannot connect to three.test (127.0.0.1): no connection in time")
            #expect(server.connections == 0)
        }
    }

    @Test("A delivery that is cancelled while it connects")
    func cancelledEarly() async throws {
        let lost = try DeafPort(.ignores)
        let (asking, asked) = AsyncStream.makeStream(of: Void.self)
        let policy = AddressPolicy { _ in
            asked.yield()
            return nil
        }
        let webhook = try webhook("lost.test", TestResolver([lost.address]), policy: policy)
        let delivery = Task { try await webhook.deliver(batch) }
        // The second time it is asked, a socket is being opened.
        var count = 0
        for await _ in asking {
            count += 1
            if count == 2 { break }
        }
        delivery.cancel()
        await #expect(throws: CancellationError.self) { try await delivery.value }
    }

    @Test("A name without an address may have one later")
    func unknown() async throws {
        let failures = [
            try await failure { try await webhook("none.test", TestResolver([])).deliver(batch) },
            try await failure { try await webhook("none.invalid", SystemResolver()).deliver(batch) },
        ]
        for failure in failures {
            #expect(failure.reason.hasPrefix("none."))
            #expect(failure.reason.contains(" has no address"))
            #expect(!failure.isPermanent)
        }
    }

    /// Never finds anything, and ends only when it is cancelled.
    private struct LostResolver: HostResolver {
        let asked: AsyncStream<Void>.Continuation

        func addresses(of host: String, port: Int) async throws -> [SocketAddress] {
            asked.yield()
            let (never, _) = AsyncStream.makeStream(of: Void.self)
            for await _ in never {}
            throw CancellationError()
        }
    }

    @Test("A name that is not found in time")
    func lost() async throws {
        let (_, asked) = AsyncStream.makeStream(of: Void.self)
        let failure = try await failure {
            try await webhook("lost.test", LostResolver(asked: asked), timeout: .milliseconds(200)).deliver(batch)
        }
        #expect(failure.reason == "the address of lost.test was not found in time")
        #expect(!failure.isPermanent)
    }

    @Test("A delivery that is cancelled while the name is looked up")
    func cancelled() async throws {
        let (asking, asked) = AsyncStream.makeStream(of: Void.self)
        let webhook = try webhook("lost.test", LostResolver(asked: asked))
        let delivery = Task { try await webhook.deliver(batch) }
        for await _ in asking { break }
        delivery.cancel()
        await #expect(throws: CancellationError.self) { try await delivery.value }
    }
}
