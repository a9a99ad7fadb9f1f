import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Delivers batches to a URL: a POST of the records as one JSON array, signed by the Standard Webhooks scheme.
///
/// ```swift
/// let webhook = try Webhook("https://example.org/hook", configuration: .init(secret: "whsec_…"))
/// try await webhook.deliver(OutboundBatch(id: "mailing-17", lines: [#"{"id":17}"#]))
/// ```
///
/// The request has the headers `webhook-id` and `idempotency-key` (the batch's id), `webhook-timestamp` (seconds since
/// 1970) and `webhook-signature`: the receiver checks the signature, refuses old timestamps, and does nothing for an id
/// that it has seen. A status of 2xx acknowledges the batch. Redirects are not followed. Proxies that the environment
/// names are not used.
///
/// Each delivery looks up the host anew and makes a connection of its own to an address that it has checked.
public struct Webhook: Sendable {
    private let configuration: Configuration
    private let connection: WebhookConnection
    private let signer: WebhookSigner?
    private let policy: AddressPolicy
    private let resolver: any HostResolver
    private let now: @Sendable () -> Date

    private var url: WebhookURL { connection.url }

    /// A webhook. Nothing is connected yet.
    ///
    /// - Parameters:
    ///   - url: Where it leads: `https`, without a user, a password or a fragment.
    ///   - configuration: How it is signed, how long it may take, and where it may lead.
    /// - Throws: ``OutboundTargetError`` if the URL or the configuration cannot be used; of an address in place of the
    ///   host's name, also if it is refused.
    public init(_ url: String, configuration: Configuration = Configuration()) throws(OutboundTargetError) {
        try self.init(url, configuration: configuration, resolver: SystemResolver())
    }

    /// - Parameters:
    ///   - policy: Which addresses are refused, in place of what the configuration says.
    ///   - tls: How to agree on TLS; who is trusted.
    ///   - now: The time of day.
    init(
        _ url: String, configuration: Configuration, resolver: any HostResolver, policy: AddressPolicy? = nil,
        tls: TLSConfiguration = .makeClientConfiguration(), now: @escaping @Sendable () -> Date = { Date() }
    ) throws(OutboundTargetError) {
        let url = try WebhookURL(url, allowInsecure: configuration.allowInsecure)
        try configuration.checkTimeouts()
        self.configuration = configuration
        self.signer = try configuration.signer()
        self.policy = policy ?? (configuration.allowPrivate ? .any : .publicOnly)
        self.resolver = resolver
        self.now = now
        self.connection = WebhookConnection(url: url, tls: url.isSecure ? try Self.context(tls) : nil)
        if let address = url.address, let kind = self.policy.refusal(address) {
            throw OutboundTargetError(Self.refusal(of: address, host: url.host, kind))
        }
    }

    /// Delivers a batch. Returning means that the receiver has acknowledged it.
    ///
    /// - Throws: ``OutboundFailure`` if it was not acknowledged; `CancellationError`.
    public func deliver(_ batch: OutboundBatch) async throws {
        try batch.check()
        let deadline = NIODeadline.now() + TimeAmount(configuration.timeout)
        let addresses = try await checkedAddresses(deadline: deadline)
        let body = batch.jsonArray
        let request = request(id: batch.id, body: body)
        var unreachable: OutboundFailure?
        for address in addresses where unreachable == nil || NIODeadline.now() < deadline {
            do {
                let answer = try await connection.post(
                    request, body: ByteBuffer(bytes: body), to: address,
                    connectTimeout: configuration.connectTimeout, deadline: deadline)
                guard answer.isAcknowledgement else { throw answer.failure(of: url.authority, now: now()) }
                return
            } catch let error as WebhookConnection.Unreachable {
                unreachable = error.failure
            }
        }
        throw unreachable ?? OutboundFailure("\(url.host) has no address")
    }

    private func request(id: String, body: [UInt8]) -> HTTPRequestHead {
        let timestamp = Int64(now().timeIntervalSince1970)
        var headers: HTTPHeaders = [
            "host": url.authority,
            "user-agent": "heliograph",
            "accept": "*/*",
            "connection": "close",
            "content-type": "application/json",
            "content-length": String(body.count),
            "idempotency-key": id,
            "webhook-id": id,
            "webhook-timestamp": String(timestamp),
        ]
        if let signer {
            headers.add(name: "webhook-signature", value: signer.signature(id: id, timestamp: timestamp, body: body))
        }
        return HTTPRequestHead(version: .http1_1, method: .POST, uri: url.target, headers: headers)
    }

    /// The addresses that may be connected to, at least one.
    private func checkedAddresses(deadline: NIODeadline) async throws -> [SocketAddress] {
        let addresses = try await addresses(deadline: deadline)
        var refused: OutboundFailure?
        let allowed = addresses.filter { address in
            guard let kind = policy.refusal(address) else { return true }
            refused = OutboundFailure(Self.refusal(of: address, host: url.host, kind), isPermanent: true)
            return false
        }
        guard allowed.isEmpty else { return allowed }
        throw refused ?? OutboundFailure("\(url.host) has no address")
    }

    private func addresses(deadline: NIODeadline) async throws -> [SocketAddress] {
        if let address = url.address { return [address] }
        do {
            return try await withThrowingTaskGroup(of: [SocketAddress].self) { [resolver, url] group in
                group.addTask { try await resolver.addresses(of: url.host, port: url.port) }
                group.addTask {
                    try await Task.sleep(for: .nanoseconds((deadline - .now()).nanoseconds))
                    throw OutboundFailure("the address of \(url.host) was not found in time")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? []
            }
        } catch let failure as OutboundFailure {
            throw failure
        } catch {
            try Task.checkCancellation()
            throw OutboundFailure("\(url.host) has no address: " + PrintableText.text(of: "\(error)".utf8))
        }
    }

    private static func refusal(of address: SocketAddress, host: String, _ kind: String) -> String {
        let text = address.ipAddress ?? "?"
        return (text == host ? "\(text) is \(kind)" : "\(host) is \(text), \(kind)")
            + ": webhooks lead to the public internet unless private addresses are allowed"
    }

    private static func context(_ configuration: TLSConfiguration) throws(OutboundTargetError) -> NIOSSLContext {
        var configuration = configuration
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw OutboundTargetError(
                "cannot prepare TLS, are the system's certificates installed (ca-certificates)? "
                    + PrintableText.text(of: "\(error)".utf8))
        }
    }
}
