import Testing

@testable import HeliographOutbound

@Suite("Connections that are left open", .timeLimit(.minutes(1)))
struct WebhookReuseTests {
    private let batch = OutboundBatch(id: "batch-1", lines: [#"{"id":1}"#])

    /// One of its own: the connections of other tests would crowd out those of these.
    private let loop = TransferLoop()

    private func webhook(_ server: TestServer, loop: TransferLoop? = nil) throws -> Webhook {
        try Webhook(
            "http://127.0.0.1:\(server.port)/",
            configuration: .init(unsigned: true, allowInsecure: true, allowPrivate: true),
            resolver: TestResolver([]), loop: loop ?? self.loop)
    }

    @Test("One after the other, all deliveries to an address take the same connection")
    func sequence() async throws {
        try await TestServer.run(reply: .kept) { server in
            for _ in 0..<5 { try await webhook(server).deliver(batch) }
            #expect(server.requests.count == 5)
            #expect(server.connections == 1)
        }
    }

    @Test("Failures that the server answers with leave it open as well")
    func failures() async throws {
        try await TestServer.run(reply: .status("500 No", body: "no", holds: true), .kept) { server in
            let webhook = try webhook(server)
            _ = try await failure { try await webhook.deliver(batch) }
            try await webhook.deliver(batch)
            #expect(server.connections == 1)
        }
    }

    @Test("A name that has another address now gets no connection to the one it had")
    func moved() async throws {
        try await TestServer.run(reply: .kept) { old in
            try await TestServer.run(reply: .kept) { new in
                let webhook = try Webhook(
                    "http://moved.test/", configuration: .init(unsigned: true, allowInsecure: true, allowPrivate: true),
                    resolver: TestResolver(old.addresses, new.addresses, old.addresses), loop: loop)
                for _ in 0..<3 { try await webhook.deliver(batch) }
                #expect(old.requests.count == 2)
                #expect(old.connections == 1)
                #expect(new.requests.count == 1)
            }
        }
    }

    @Test("A connection that the server ends between two deliveries is replaced")
    func ended() async throws {
        try await TestServer.run(reply: .kept) { server in
            try await webhook(server).deliver(batch)
            try await server.hangUp()
            try await webhook(server).deliver(batch)
            #expect(server.requests.count == 2)
            #expect(server.connections == 2)
        }
    }

    @Test("A connection that the server ends in place of an answer is replaced, and the request is sent again")
    func race() async throws {
        try await TestServer.run(reply: .kept, .hangUp, .kept) { server in
            for _ in 0..<2 { try await webhook(server).deliver(batch) }
            #expect(server.requests.count == 3)
            #expect(server.connections == 2)
        }
    }

    @Test("So is one that ends while a large request is being sent")
    func largeRace() async throws {
        var early = TestReply.hangUp
        early.isEarly = true
        let large = OutboundBatch(id: "large", lines: [String(repeating: "1", count: 4 << 20)])
        try await TestServer.run(reply: .kept, early, .kept) { server in
            try await webhook(server).deliver(batch)
            try await webhook(server).deliver(large)
            #expect(server.requests.map { $0.header("webhook-id") } == ["batch-1", "large", "large"])
            #expect(server.requests.last?.body.utf8.count == (4 << 20) + 2)
            #expect(server.connections == 2)
        }
    }

    @Test("A server that does that on a new connection does not get the request for ever")
    func hangUps() async throws {
        try await TestServer.run(reply: .kept, .hangUp) { server in
            let webhook = try webhook(server)
            try await webhook.deliver(batch)
            let failure = try await failure { try await webhook.deliver(batch) }
            #expect(failure.reason.contains("ended the connection without an answer"))
            #expect(server.requests.count == 3)
        }
    }

    @Test("Many deliveries at once have a connection each, and need no thread each")
    func many() async throws {
        try await TestServer.run(reply: .silence) { server in
            let webhook = try webhook(server)
            await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 { group.addTask { try await webhook.deliver(batch) } }
                // All wait for an answer at once: were tasks' threads kept waiting, there would be only some.
                var count = 0
                for await _ in server.arrivals {
                    count += 1
                    if count == 100 { break }
                }
                group.cancelAll()
                while let result = await group.nextResult() {
                    #expect(throws: CancellationError.self) { try result.get() }
                }
            }
            #expect(server.connections == 100)
            try await server.connectionsEnded()
        }
    }

    @Test("When nothing has been delivered for some time, the thread and its connections end; then they begin anew")
    func retirement() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let loop = TransferLoop(idleTime: .milliseconds(50)) { end.yield() }
        try await TestServer.run(reply: .kept) { server in
            let webhook = try webhook(server, loop: loop)
            for round in 1...2 {
                try await webhook.deliver(batch)
                for await _ in ends { break }
                try await server.connectionsEnded()
                #expect(server.connections == round)
            }
        }
    }

    @Test("A loop about to end takes up what comes just then")
    func edge() async throws {
        let loop = TransferLoop(idleTime: .milliseconds(1))
        try await TestServer.run(reply: .kept) { server in
            let webhook = try webhook(server, loop: loop)
            for _ in 0..<200 { try await webhook.deliver(batch) }
            #expect(server.requests.count == 200)
        }
    }
}
