import NIOCore
import Testing

@testable import HeliographOutbound

@Suite("Webhooks over TLS", .timeLimit(.minutes(1)))
struct WebhookTLSTests {
    private let batch = OutboundBatch(id: "batch-1", lines: [#"{"id":1}"#])

    private let certificate: TestCertificate
    /// One of its own: the connections of other tests would crowd out those of these.
    private let loop = TransferLoop()

    init() throws { certificate = try TestCertificate() }

    private func webhook(
        _ host: String, at addresses: [SocketAddress], trust: WebhookTrust? = nil,
        connectTimeout: Duration = .seconds(10)
    ) throws -> Webhook {
        try Webhook(
            "https://\(host)/",
            configuration: .init(unsigned: true, connectTimeout: connectTimeout, allowPrivate: true),
            resolver: TestResolver(addresses), trust: trust ?? .file(certificate.path), loop: loop)
    }

    @Test("The name is asked for and its certificate checked, though the address is connected to")
    func name() async throws {
        try await TLSServer.run(certificate) { server, address in
            try await webhook("hook.test", at: [address]).deliver(batch)
            try await webhook("HOOK.test.", at: [address]).deliver(batch)
            #expect(server.serverNames == ["hook.test", "hook.test"])
            #expect(server.requests.count == 2)
            #expect(server.requests.first?.lowercased().contains("\nhost: hook.test\n") == true)
            #expect(server.requests.last?.lowercased().contains("\nhost: hook.test.\n") == true)
            #expect(server.requests.allSatisfy { $0.hasSuffix(#"\#n\#n[{"id":1}]"#) })
        }
    }

    @Test("A connection that TLS was agreed on for is used again, but not by a webhook that trusts others")
    func kept() async throws {
        try await TLSServer.run(certificate, reply: .status("200 OK")) { server, address in
            let webhook = try webhook("hook.test", at: [address])
            for _ in 0..<3 { try await webhook.deliver(batch) }
            #expect(server.serverNames == ["hook.test"])
            #expect(server.requests.count == 3)
            // The server is busy with the connection that is open.
            let late = try await failure {
                try await self.webhook(
                    "hook.test", at: [address], trust: .system, connectTimeout: .milliseconds(300)
                ).deliver(batch)
            }
            #expect(late.reason == "cannot agree on TLS with hook.test in time")
            #expect(server.requests.count == 3)
        }
    }

    @Test("A certificate of another name, or of an unknown authority, gets no request")
    func strangers() async throws {
        try await TLSServer.run(certificate) { server, address in
            let deliveries = [
                (try webhook("other.test", at: [address]), "other.test"),
                (try webhook("hook.test", at: [address], trust: .system), "certificate"),
            ]
            for (webhook, detail) in deliveries {
                let failure = try await failure { try await webhook.deliver(batch) }
                #expect(failure.reason.hasPrefix("cannot agree on TLS with "))
                #expect(failure.reason.dropFirst("cannot agree on TLS with hook.test".count).contains(detail))
                #expect(!failure.isPermanent)
            }
            try await webhook("hook.test", at: [address]).deliver(batch)
            #expect(server.requests.count == 1)
        }
    }

    @Test("An address in the URL has to be in the certificate")
    func address() async throws {
        try await TLSServer.run(certificate) { server, address in
            let port = try #require(address.port)
            let failure = try await failure {
                try await webhook("127.0.0.1:\(port)", at: [address]).deliver(batch)
            }
            #expect(failure.reason.hasPrefix("cannot agree on TLS with 127.0.0.1:\(port)"))
            #expect(server.requests.isEmpty)
        }
    }

    @Test("Authorities that cannot be read are missed before the first delivery")
    func authorities() throws {
        let message = try complaint {
            _ = try webhook("hook.test", at: [], trust: .file("/nowhere/ca-certificates.crt"))
        }
        #expect(message.contains("ca-certificates") && message.hasSuffix("No such file or directory"))
    }

    @Test("A server without TLS gets no request; one that says nothing runs into the time-out for connecting")
    func plain() async throws {
        try await TestServer.run { server in
            let failure = try await failure {
                try await webhook("hook.test", at: server.addresses, connectTimeout: .milliseconds(300)).deliver(batch)
            }
            #expect(failure.reason.hasPrefix("cannot agree on TLS with hook.test"))
            #expect(server.requests.isEmpty)
        }
        let silent = try DeafPort(.accepts)
        let late = try await failure {
            try await webhook("hook.test", at: [silent.address], connectTimeout: .milliseconds(300)).deliver(batch)
        }
        #expect(late.reason == "cannot agree on TLS with hook.test in time")
    }
}
