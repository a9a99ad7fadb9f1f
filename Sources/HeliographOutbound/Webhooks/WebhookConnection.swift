import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Brings one request to one address of a webhook's host.
///
/// Not HTTPClient: that looks up names itself, and an address that was checked has to be the one that is connected to.
struct WebhookConnection: Sendable {
    /// The address did not accept the connection: another one may.
    struct Unreachable: Error {
        let failure: OutboundFailure
    }

    let url: WebhookURL
    /// `nil` for plain HTTP.
    let tls: NIOSSLContext?

    /// - Throws: ``Unreachable``, ``OutboundFailure``, `CancellationError`.
    func post(
        _ request: HTTPRequestHead, body: ByteBuffer, to address: SocketAddress, connectTimeout: Duration,
        deadline: NIODeadline
    ) async throws -> WebhookAnswer {
        let connectDeadline = min(deadline, .now() + TimeAmount(connectTimeout))
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            let answer: EventLoopFuture<WebhookAnswer>
            do {
                answer = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connectTimeout(connectDeadline - .now())
                    .connect(to: address) { [url, tls] channel in
                        cancellation.watch(channel)
                        return channel.eventLoop.makeCompletedFuture {
                            let promise = channel.eventLoop.makePromise(of: WebhookAnswer.self)
                            do {
                                let pipeline = channel.pipeline.syncOperations
                                if let tls {
                                    try pipeline.addHandler(
                                        NIOSSLClientHandler(context: tls, serverHostname: url.serverName))
                                }
                                try pipeline.addHTTPClientHandlers()
                                try pipeline.addHandler(
                                    WebhookExchange(
                                        request: request, body: body, isSecure: tls != nil,
                                        connectDeadline: connectDeadline, deadline: deadline, promise: promise))
                            } catch {
                                promise.fail(error)
                                throw error
                            }
                            return promise.futureResult
                        }
                    }
            } catch {
                if cancellation.hasCome { throw CancellationError() }
                throw Unreachable(failure: failure(connectingTo: address, error))
            }
            do {
                return try await answer.get()
            } catch {
                if cancellation.hasCome { throw CancellationError() }
                throw failure(askingFor: error)
            }
        } onCancel: {
            cancellation.come()
        }
    }

    private func failure(connectingTo address: SocketAddress, _ error: any Error) -> OutboundFailure {
        let place = address.ipAddress == url.host ? url.authority : "\(url.authority) (\(address.ipAddress ?? "?"))"
        let why =
            switch error {
            case let error as IOError: String(cString: strerror(error.errnoCode))
            // The other way to fail: it took too long, by the one or the other time-out.
            default: "no connection in time"
            }
        return OutboundFailure("cannot connect to \(place): \(why)")
    }

    private func failure(askingFor error: any Error) -> OutboundFailure {
        let place = url.authority
        return switch error {
        case WebhookExchange.Failure.handshakeTimeout: OutboundFailure("cannot agree on TLS with \(place) in time")
        case WebhookExchange.Failure.notConnected(let error):
            OutboundFailure("cannot agree on TLS with \(place)\(detail(error))")
        case WebhookExchange.Failure.timeout: OutboundFailure("\(place) did not answer in time")
        case WebhookExchange.Failure.noAnswer(let error):
            OutboundFailure("\(place) ended the connection without an answer\(detail(error))")
        default: OutboundFailure("cannot ask \(place)\(detail(error))")
        }
    }

    private func detail(_ error: (any Error)?) -> String {
        error.map { ": " + PrintableText.text(of: "\($0)".utf8) } ?? ""
    }
}

extension WebhookConnection {
    /// Ends the connection when the task that waits for it is cancelled, in whatever state it is by then.
    private final class Cancellation: Sendable {
        private let state = Mutex<(channel: (any Channel)?, hasCome: Bool)>((nil, false))

        var hasCome: Bool { state.withLock { $0.hasCome } }

        func watch(_ channel: any Channel) {
            let hasCome = state.withLock { state in
                state.channel = channel
                return state.hasCome
            }
            if hasCome { channel.close(promise: nil) }
        }

        func come() {
            let channel = state.withLock { state in
                state.hasCome = true
                return state.channel
            }
            channel?.close(promise: nil)
        }
    }
}
