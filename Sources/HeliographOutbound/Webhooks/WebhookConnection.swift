import Foundation
import NIOCore

/// Brings one request to one address of a webhook's host.
struct WebhookConnection: Sendable {
    /// The address did not accept the connection: another one may.
    struct Unreachable: Error {
        let failure: OutboundFailure
    }

    let url: WebhookURL
    let policy: AddressPolicy
    let trust: WebhookTrust
    let loop: TransferLoop

    /// - Parameters:
    ///   - body: What is posted.
    ///   - headers: Lines of the request's head, without their ends.
    ///   - address: One that was checked.
    ///   - connectTimeout: How long it may take to accept the connection, TLS included.
    ///   - deadline: Until when the answer has to be there.
    /// - Throws: ``Unreachable``, ``OutboundFailure``, `CancellationError`.
    func post(
        _ body: [UInt8], headers: [String], to address: SocketAddress, connectTimeout: Duration,
        deadline: ContinuousClock.Instant
    ) async throws -> WebhookAnswer {
        var transfer = Transfer(
            url: url, address: address, headers: headers, body: body, connectTimeout: connectTimeout,
            deadline: deadline, policy: policy, trust: trust)
        var end = try await loop.perform(transfer)
        if end.wasStale {
            // The server had ended the connection meanwhile, which says nothing about the request. libcurl sends it
            // again by itself only where it finds that out by reading.
            transfer.wantsNewConnection = true
            end = try await loop.perform(transfer)
        }
        if let answer = end.answer { return answer }
        if case .refused(let kind) = end.cause {
            throw OutboundFailure(url.refusal(of: address, kind), isPermanent: true)
        }
        throw switch end.phase {
        case .connecting: Unreachable(failure: failure(connectingTo: address, end)) as any Error
        case .securing: failure(agreeingOnTLS: end)
        case .asking: failure(askingFor: end)
        }
    }

    private func failure(connectingTo address: SocketAddress, _ end: TransferEnd) -> OutboundFailure {
        let place = address.ipAddress == url.host ? url.authority : "\(url.authority) (\(address.ipAddress ?? "?"))"
        if case .late = end.cause { return OutboundFailure("cannot connect to \(place): no connection in time") }
        return OutboundFailure("cannot connect to \(place)\(detail(end))")
    }

    private func failure(agreeingOnTLS end: TransferEnd) -> OutboundFailure {
        let what = "cannot agree on TLS with \(url.authority)"
        if case .late = end.cause { return OutboundFailure("\(what) in time") }
        return OutboundFailure(what + detail(end))
    }

    private func failure(askingFor end: TransferEnd) -> OutboundFailure {
        let place = url.authority
        return switch end.cause {
        case .late: OutboundFailure("\(place) did not answer in time")
        case .overlong:
            OutboundFailure("\(place) sent more than \(AnswerReader.headLimit) bytes of headers for an answer")
        default: OutboundFailure("\(place) ended the connection without an answer\(detail(end))")
        }
    }

    private func detail(_ end: TransferEnd) -> String {
        end.detail.isEmpty ? "" : ": \(end.detail)"
    }
}
