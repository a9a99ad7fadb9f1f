import NIOCore
import NIOSSL
import Testing

@testable import HeliographOutbound

@Suite("Webhooks over TLS", .timeLimit(.minutes(1)))
struct WebhookTLSTests {
    private let batch = OutboundBatch(id: "batch-1", lines: [#"{"id":1}"#])

    private func webhook(
        _ host: String, at addresses: [SocketAddress], tls: TLSConfiguration? = nil,
        connectTimeout: Duration = .seconds(10)
    ) throws -> Webhook {
        try Webhook(
            "https://\(host)/",
            configuration: .init(unsigned: true, connectTimeout: connectTimeout, allowPrivate: true),
            resolver: TestResolver(addresses), tls: try tls ?? TestCertificate.client())
    }

    @Test("The name is asked for and its certificate checked, though the address is connected to")
    func name() async throws {
        try await TestServer.run(tls: try TestCertificate.server()) { server in
            try await webhook("hook.test", at: server.addresses).deliver(batch)
            try await webhook("HOOK.test.", at: server.addresses).deliver(batch)
            #expect(server.serverNames == ["hook.test", "hook.test"])
            #expect(server.requests.map { $0.header("host") } == ["hook.test", "hook.test."])
        }
    }

    @Test("A certificate of another name, or of an unknown authority, gets no request")
    func strangers() async throws {
        try await TestServer.run(tls: try TestCertificate.server()) { server in
            let deliveries = [
                try webhook("other.test", at: server.addresses),
                try webhook("hook.test", at: server.addresses, tls: .makeClientConfiguration()),
            ]
            for webhook in deliveries {
                let failure = try await failure { try await webhook.deliver(batch) }
                #expect(failure.reason.hasPrefix("cannot agree on TLS with "))
                #expect(!failure.isPermanent)
            }
            try await webhook("hook.test", at: server.addresses).deliver(batch)
            #expect(server.requests.count == 1)
        }
    }

    @Test("An address in the URL has to be in the certificate")
    func address() async throws {
        try await TestServer.run(tls: try TestCertificate.server()) { server in
            let failure = try await failure {
                try await webhook("127.0.0.1:\(server.port)", at: server.addresses).deliver(batch)
            }
            #expect(failure.reason.hasPrefix("cannot agree on TLS with 127.0.0.1:\(server.port)"))
            #expect(server.requests.isEmpty)
        }
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
        let silent = try DeafPort(accepts: true)
        let late = try await failure {
            try await webhook("hook.test", at: [silent.address], connectTimeout: .milliseconds(300)).deliver(batch)
        }
        #expect(late.reason == "cannot agree on TLS with hook.test in time")
    }
}
