import Foundation
import NIOCore

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
/// Each delivery looks up the host anew, checks its addresses, and connects to one of them, or takes a connection to it
/// that an earlier delivery has left open. After a minute without any delivery none is left.
public struct Webhook: Sendable {
    private let configuration: Configuration
    private let connection: WebhookConnection
    private let signer: WebhookSigner?
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
    ///   - trust: Which authorities may vouch for the server.
    ///   - loop: Where the requests are done.
    ///   - now: The time of day.
    init(
        _ url: String, configuration: Configuration, resolver: any HostResolver, policy: AddressPolicy? = nil,
        trust: WebhookTrust = .system, loop: TransferLoop = .shared, now: @escaping @Sendable () -> Date = { Date() }
    ) throws(OutboundTargetError) {
        let url = try WebhookURL(url, allowInsecure: configuration.allowInsecure)
        try configuration.checkTimeouts()
        self.configuration = configuration
        self.signer = try configuration.signer()
        self.resolver = resolver
        self.now = now
        let policy = policy ?? (configuration.allowPrivate ? .any : .publicOnly)
        self.connection = WebhookConnection(url: url, policy: policy, trust: trust, loop: loop)
        if let address = url.address, let kind = policy.refusal(address) {
            throw OutboundTargetError(url.refusal(of: address, kind))
        }
        if url.isSecure { try trust.check() }
    }

    /// Delivers a batch. Returning means that the receiver has acknowledged it.
    ///
    /// - Throws: ``OutboundFailure`` if it was not acknowledged; `CancellationError`.
    public func deliver(_ batch: OutboundBatch) async throws {
        try batch.check()
        let deadline = ContinuousClock.now + configuration.timeout
        let addresses = try await checkedAddresses(deadline: deadline)
        let body = batch.jsonArray
        let headers = try headers(id: batch.id, body: body)
        var unreachable: OutboundFailure?
        for address in addresses where unreachable == nil || ContinuousClock.now < deadline {
            do {
                let answer = try await connection.post(
                    body, headers: headers, to: address, connectTimeout: configuration.connectTimeout,
                    deadline: deadline)
                guard answer.isAcknowledgement else { throw answer.failure(of: url.authority, now: now()) }
                return
            } catch let error as WebhookConnection.Unreachable {
                unreachable = error.failure
            }
        }
        throw unreachable ?? OutboundFailure("\(url.host) has no address")
    }

    private func headers(id: String, body: [UInt8]) throws(OutboundFailure) -> [String] {
        let timestamp = Int64(now().timeIntervalSince1970)
        var headers = [
            "host: \(url.authority)",
            "user-agent: heliograph",
            "accept: */*",
            "content-type: application/json",
            // A server that does not know this would be waited for, by a second a request.
            "expect:",
            "idempotency-key: \(id)",
            "webhook-id: \(id)",
            "webhook-timestamp: \(timestamp)",
        ]
        if let signer {
            headers.append("webhook-signature: \(try signer.signature(id: id, timestamp: timestamp, body: body))")
        }
        return headers
    }

    /// The addresses that may be connected to, at least one.
    private func checkedAddresses(deadline: ContinuousClock.Instant) async throws -> [SocketAddress] {
        let addresses = try await addresses(deadline: deadline)
        var refused: OutboundFailure?
        let allowed = addresses.filter { address in
            guard let kind = connection.policy.refusal(address) else { return true }
            refused = OutboundFailure(url.refusal(of: address, kind), isPermanent: true)
            return false
        }
        guard allowed.isEmpty else { return allowed }
        throw refused ?? OutboundFailure("\(url.host) has no address")
    }

    private func addresses(deadline: ContinuousClock.Instant) async throws -> [SocketAddress] {
        if let address = url.address { return [address] }
        do {
            return try await withThrowingTaskGroup(of: [SocketAddress].self) { [resolver, url] group in
                group.addTask { try await resolver.addresses(of: url.host, port: url.port) }
                group.addTask {
                    try await Task.sleep(until: deadline, clock: .continuous)
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
}
